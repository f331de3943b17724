"""The style of the pages: one column on a telephone, several on a desk; light, dark and printed."""

# Contrast of every text with what lies behind it is at least 4.5, which a test computes.
LIGHT = {
    "page": "#ffffff",
    "card": "#f5f7f9",
    "text": "#1a1f24",
    "muted": "#55606b",
    "line": "#ccd3da",
    "model": "#1f5f99",
    "real": "#8a4b00",
    "differs": "#b3261e",
    "warning": "#fff3dc",
    "on-warning": "#5c3400",
    "link": "#1f5f99",
}
DARK = {
    "page": "#14181c",
    "card": "#1d2329",
    "text": "#e8ecf0",
    "muted": "#a9b4bf",
    "line": "#3b454f",
    "model": "#7cb7ea",
    "real": "#f0b35a",
    "differs": "#ff8a80",
    "warning": "#3a2a0c",
    "on-warning": "#ffdca3",
    "link": "#8cc4f5",
}


def _colours(palette):
    return "".join(f"--{name}:{colour};" for name, colour in palette.items())


STYLE = (
    f"""
:root{{color-scheme:light dark;{_colours(LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}
@media print{{:root{{color-scheme:light;{_colours(LIGHT)}}}}}
"""
    + """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1180px;padding:12px 16px 48px;background:var(--page);color:var(--text);
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:.4em 0}
h2{font-size:1.25rem;margin:2em 0 .4em;padding-top:.5em;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.4em 0 .4em}
h4{font-size:.95rem;margin:1em 0 .3em}
p{margin:.4em 0;max-width:75ch}
small,.small,figcaption{font-size:.82rem;line-height:1.4;color:var(--muted)}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--model);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:.2em 1.2em;list-style:none;padding:0;margin:.6em 0}
nav a{display:inline-block;padding:.3em 0}
.warnings{background:var(--warning);color:var(--on-warning);border-left:6px solid currentColor;padding:.6em 1em;
 border-radius:4px}
.warnings h2{border:0;margin:0;padding:0;font-size:1.05rem}
.warnings ul{margin:.3em 0;padding-left:1.2em}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.wide{width:100%}
caption{text-align:left;padding:.3em 0;font-size:.82rem;color:var(--muted)}
th,td{text-align:left;vertical-align:top;padding:.35em .9em .35em 0;border-bottom:1px solid var(--line);
 unicode-bidi:isolate}
thead th{font-size:.82rem;color:var(--muted);vertical-align:bottom}
th[scope=row]{font-weight:600}
.facts th,.facts td{padding-top:.15em;padding-bottom:.15em;font-weight:400}
.facts th{color:var(--muted);min-width:8em}
td small,th small{display:block;font-weight:400}
.card td:last-child{white-space:nowrap}
.value{font-weight:600;white-space:nowrap}
.interval{white-space:nowrap}
.absent{color:var(--muted);font-style:italic}
.foreign{color:var(--muted);font-style:italic}
.foreign th{font-weight:400}
.status{color:var(--real)}
sup{font-size:.7em;line-height:0}
.columns th,.columns td{white-space:nowrap;min-width:5em}
.columns th[scope=row],.columns thead th{white-space:normal;overflow-wrap:break-word}
.columns th[scope=row]{min-width:7.5em}
.columns th:first-child{position:sticky;left:0;background:var(--page)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:16px;margin:.8em 0}
.grid>*{min-width:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px;margin:0}
.card h3{margin:0 0 .1em}
.chart{display:block;width:100%;height:auto;max-width:460px;margin:.4em 0}
.chart text{font-size:12px;fill:var(--text)}
.chart .rule{stroke:var(--line);stroke-width:1}
.chart .axis{stroke:var(--muted);stroke-width:1}
.chart .frame{fill:none;stroke:var(--muted)}
.chart .curve{fill:none;stroke:var(--model);stroke-width:2;stroke-linejoin:round}
.chart .band{fill:var(--model);fill-opacity:.2}
.chart .point{fill:var(--model)}
.chart .best{fill:var(--model);stroke:var(--text);stroke-width:2}
.chart .floor{stroke:var(--real);stroke-width:2;stroke-dasharray:6 4}
.chart .real{stroke:var(--real);stroke-width:3}
.chart .floor-band{fill:var(--real);fill-opacity:.16}
.chart .bar{fill:var(--model)}
.chart .whisker{stroke:var(--text);stroke-width:1.5}
.chart .differs,.chart .flag{fill:var(--differs)}
.chart .expected{stroke:var(--text);stroke-width:2}
.chart .cell{fill:var(--model);shape-rendering:crispEdges}
.chart.matrix{max-width:520px}
.key{display:inline-flex;align-items:center;gap:.4em;margin-right:1.2em;font-size:.82rem;color:var(--muted)}
.key svg{flex:none}
details{margin:.4em 0}
summary{cursor:pointer;padding:.35em 0;color:var(--link);font-size:.9rem}
summary h3{display:inline;color:var(--text)}
.clips{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,150px),1fr));gap:12px;margin:.4em 0;
 padding:0;list-style:none}
.clips>*{min-width:0}
.ends{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:0 32px}
.ends>*{min-width:0}
.ends h4{margin-top:.4em}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:16px;margin:.8em 0;
 padding:0;list-style:none}
.pairs .two{display:grid;grid-template-columns:1fr 1fr;gap:12px}
.pairs .two>*{min-width:0}
figure{margin:0}
.clip img{display:block;width:100%;height:auto;border-radius:4px;background:#000}
.clip audio{display:block;width:100%;height:40px;margin-top:4px}
.clip .lead{display:block;font-weight:600;color:var(--text)}
footer{margin-top:3em;border-top:1px solid var(--line);padding-top:.6em}
@media (max-width:480px){
 body{padding:8px 12px 40px}
 th,td{padding-right:.6em}
 .clips{grid-template-columns:repeat(2,1fr)}
 .metrics,.metrics caption,.metrics tbody{display:block}
 .metrics thead{display:none}
 .metrics tr{display:grid;grid-template-columns:1fr 1fr;gap:0 12px;padding:.5em 0;border-bottom:1px solid var(--line)}
 .metrics th,.metrics td{border:0;padding:.15em 0}
 .metrics th[scope=row]{grid-column:1/-1}
 .metrics td::before{display:block;font-size:.82rem;color:var(--muted);content:"Model"}
 .metrics td:last-child::before{content:"Real clips"}
}
@media print{
 body{max-width:none;font-size:10pt;padding:0}
 nav,audio,summary{display:none!important}
 details::details-content{content-visibility:visible;block-size:auto}
 .card,figure,tr{break-inside:avoid}
 h2,h3,h4{break-after:avoid}
 .scroll{overflow:visible}
 *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""
)

# Only one clip sounds at a time.
SCRIPT = """
document.addEventListener("play",function(event){
 document.querySelectorAll("audio").forEach(function(player){if(player!==event.target)player.pause()})
},true);
"""
