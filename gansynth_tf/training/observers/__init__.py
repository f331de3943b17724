"""What watches a training and changes nothing in it: history, TensorBoard, progress line, previews, alarm.

An observer has on_log(num_images, scalars), on_preview(num_images, audio, rows, data), on_save(num_images),
on_resume(num_images), which takes back whatever was written after that count, and close().
"""
