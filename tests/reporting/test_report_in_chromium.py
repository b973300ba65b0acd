"""The report in a real browser: it loads nothing, passes the accessibility rules, fits a narrow screen and prints."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reporting.formats import html
from tests.reporting import sample
from tests.reporting.many import three_hundred

AXE = Path(__file__).resolve().parents[2] / ".azurite/node_modules/axe-core/axe.min.js"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here; install the Debian package chromium")


def chromium(folder: Path, *arguments: str) -> str:
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def with_script(page: bytes, script: str) -> str:
    """The page with a script of the test in it; its policy, which forbids scripts, taken out for that."""
    text = page.decode()
    text, replaced = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert replaced == 1
    return text.replace("</body>", f"<script>{script}</script></body>")


def said(folder: Path, page: bytes, script: str, width: int = 1280) -> dict[str, object]:
    """What the script writes into `document.title` as JSON."""
    (folder / "page.html").write_text(with_script(page, script))
    dom = chromium(folder, f"--window-size={width},1200", "--virtual-time-budget=20000", "--dump-dom", f"file://{folder}/page.html")
    found = re.search(r'<div id="said">(.*?)</div>', dom, flags=re.DOTALL)
    assert found, dom[-2000:]
    import html as entities

    answer = json.loads(entities.unescape(found[1]))
    assert isinstance(answer, dict)
    return answer


SAY = "const say=x=>{const d=document.createElement('div');d.id='said';d.textContent=JSON.stringify(x);document.body.append(d)};"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_accessibility_rules_find_nothing(tmp_path: Path, width: int) -> None:
    assert AXE.exists(), "axe-core is missing; run `make setup`"
    report = sample.report(three_hundred(24), nights=5)
    open_all = "document.querySelectorAll('details').forEach(d=>d.open=true);"
    rules = "{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}"
    run = f"axe.run(document,{rules}).then(r=>say({{wrong:r.violations.map(v=>v.id+': '+v.nodes.slice(0,3).map(n=>n.html)),passed:r.passes.length}}))"
    answer = said(tmp_path, html.render(report), AXE.read_text() + ";" + SAY + open_all + run, width)
    assert answer["wrong"] == []
    assert int(str(answer["passed"])) > 20


def test_nothing_overflows_a_narrow_screen(tmp_path: Path) -> None:
    """A frame of 390 px: headless Chromium has a wider smallest window."""
    (tmp_path / "inner.html").write_bytes(html.render(sample.report(three_hundred(60), nights=5)))
    frame = b"""<body><meta http-equiv="Content-Security-Policy" content="x"><iframe id=f width=390 height=800 src=inner.html></iframe></body>"""
    script = "f.onload=()=>setTimeout(()=>{const e=f.contentDocument.documentElement;say({scroll:e.scrollWidth,client:e.clientWidth})},200)"
    (tmp_path / "page.html").write_text(with_script(frame, SAY + script))
    flags = ("--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom")
    dom = chromium(tmp_path, *flags, f"file://{tmp_path}/page.html")
    found = re.search(r'<div id="said">(.*?)</div>', dom)
    assert found, dom[-500:]
    sizes = json.loads(found[1])
    assert sizes["scroll"] <= sizes["client"]


def test_the_policy_lets_our_style_in_and_no_script(tmp_path: Path) -> None:
    page = html.render(sample.report()).replace(b"</body>", b"<script>document.title='run'</script><p style='color:red' id=x>y</p></body>")
    (tmp_path / "page.html").write_bytes(page)
    out = chromium(tmp_path, "--enable-logging=stderr", "--dump-dom", f"file://{tmp_path}/page.html")
    assert "Executing inline script violates" in out
    assert "<title>run" not in out
    assert out.count("violates the following Content Security Policy") == 2  # the script and the style attribute, not our style sheet


def test_it_prints_on_paper(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(html.render(sample.report(three_hundred(40), nights=5)))
    chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'out.pdf'}", f"file://{tmp_path}/page.html")
    body = (tmp_path / "out.pdf").read_bytes()
    assert body.startswith(b"%PDF-")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", body)) <= 40
