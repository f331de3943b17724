"""What the generate program writes, says and refuses."""

import numpy as np
import pytest
import soundfile

from gansynth_tf.programs import generate


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory, make_run):
    return make_run(
        tmp_path_factory.mktemp("run"), {"genre": ("funk", "hip/hop", "jazz"), "pitch": ("60", "61")}
    )


@pytest.fixture
def play(run_dir, tmp_path):
    """Runs the program and returns its files' contents by name."""

    def run(*arguments):
        status = generate.main([f"--run_dir={run_dir}", f"--output_dir={tmp_path / 'out'}", *arguments])
        assert status == 0
        return {path.name: path.read_bytes() for path in sorted((tmp_path / "out").iterdir())}

    return run


def test_names_carry_labels_seed_and_number(play):
    files = play("--label=genre=jazz", "--label=pitch=61", "--num_samples=2", "--seed=7")
    wavs = ["jazz_pitch-61_seed7_000.wav", "jazz_pitch-61_seed7_001.wav"]
    assert list(files) == ["contact-sheet_seed7.png", *wavs, "labels.csv"]


def test_a_table_lists_the_clips_of_all_calls(play):
    play("--label=genre=jazz", "--label=pitch=61", "--num_samples=2")
    play("--label=genre=jazz", "--label=pitch=61", "--num_samples=1")
    files = play("--label=genre=funk", "--label=pitch=60", "--num_samples=1")
    assert files["labels.csv"].decode().splitlines() == [
        "path,genre,pitch",
        "funk_pitch-60_seed0_000.wav,funk,60",
        "jazz_pitch-61_seed0_000.wav,jazz,61",
        "jazz_pitch-61_seed0_001.wav,jazz,61",
    ]


def test_the_table_of_another_data_set_is_not_touched(run_dir, tmp_path, capsys):
    (tmp_path / "labels.csv").write_text("path,mood\na.wav,dark\n")
    assert generate.main([f"--run_dir={run_dir}", f"--output_dir={tmp_path}"]) == 2
    message = "lists other clips: expected the columns path, genre, pitch. Received: path, mood"
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]


def test_without_a_label_every_class_is_played(play):
    names = [name.split("_")[0] for name in play("--num_samples=1")]
    assert names == ["contact-sheet", "funk", "hip%2Fhop", "jazz", "labels.csv"]


def test_the_same_seed_gives_the_same_bytes_whatever_the_number(play):
    arguments = ("--label", "genre=jazz", "--label", "pitch=60")
    few = play(*arguments, "--num_samples=1")
    many = play(*arguments, "--num_samples=9")
    assert many["jazz_pitch-60_seed0_000.wav"] == few["jazz_pitch-60_seed0_000.wav"]
    assert many["jazz_pitch-60_seed0_000.wav"] != many["jazz_pitch-60_seed0_008.wav"]


def test_peaks_over_full_scale_are_made_quieter_and_told(play, tmp_path, monkeypatch, capsys):
    generated = generate.synthesis.Synthesizer.generate_with_rows

    def loud(*arguments, **options):
        clips, rows = generated(*arguments, **options)
        return clips / np.max(np.abs(clips)) * 2, rows

    monkeypatch.setattr(generate.synthesis.Synthesizer, "generate_with_rows", loud)
    play("--label=genre=jazz", "--num_samples=1")
    (path,) = (tmp_path / "out").glob("*.wav")
    audio, sample_rate = soundfile.read(path)
    assert (sample_rate, soundfile.info(path).subtype, len(audio)) == (16000, "PCM_16", 8000)
    assert np.max(np.abs(audio)) == pytest.approx(1.0, abs=1e-4)
    assert (
        "1 of 1 clips had peaks over full scale (up to 2.00) and were made quieter" in capsys.readouterr().out
    )
    play("--label=genre=jazz", "--num_samples=1", "--float")
    audio, _ = soundfile.read(path)
    assert soundfile.info(path).subtype == "FLOAT"
    assert np.max(np.abs(audio)) == pytest.approx(2.0)


def test_a_path_has_both_seeds_in_its_names_and_the_speed_is_told(play, capsys):
    files = play(
        "--label=genre=jazz", "--label=pitch=60", "--num_samples=3", "--seed=1", "--interpolate_to=2"
    )
    assert "jazz_pitch-60_seed1-to-2_002.wav" in files
    assert "1.5 s of sound in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--label=genre=jaz"],
            "There is no genre 'jaz' in this run, but funk, hip/hop, jazz. Did you mean jazz?",
        ),
        (["--label=jazz"], "--label takes a label and its class, as --label=genre=jazz. Received: 'jazz'."),
        (["--num_samples=0"], "--num_samples takes a whole number from 1. Received: 0."),
        (["--interpolate_to=-1"], "--interpolate_to takes a whole number from 0. Received: -1."),
        (["--sede=3"], "There is no option --sede. Did you mean --seed?"),
        (["jazz"], "Unexpected argument 'jazz'"),
        (["--run_dir=nowhere"], "nowhere is not the folder of a run"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(run_dir, arguments, message, capsys, tmp_path):
    output = tmp_path / "out"
    assert generate.main([f"--run_dir={run_dir}", f"--output_dir={output}", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1
    assert not output.exists()


def test_help_lists_the_options(capsys):
    assert generate.main(["--help"]) == 0
    assert "--interpolate_to=INTEGER" in capsys.readouterr().out
