"""The CPU cost of a request as a picture: an SVG that reads well on light and on dark pages."""

from xml.sax.saxutils import escape

from bench.measure import median_of

_ROWS = ("get-p1", "get-p16", "get-p64", "set-p16", "get-1000c", "mget-10", "mset-10", "get-16k")
_CONTENDERS = {"slotway": "Slotway", "haproxy": "haproxy (TCP relay)", "nutcracker": "nutcracker"}
_WIDTH, _COLUMNS, _GAP, _TOP = 900, 2, 40, 78
_BAR, _BAR_STEP, _PANEL = 16, 22, 108
_LABEL, _VALUE = 88, 58  # room left and right of the bars

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .panel { font-weight: 600; }
  .small { font-size: 12px; fill: #59636e; }
  .slotway { fill: #0969da; } .haproxy { fill: #818b98; } .nutcracker { fill: #bc4c00; }
  .system { opacity: 0.55; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .small { fill: #9198a1; }
    .slotway { fill: #4493f8; } .haproxy { fill: #9198a1; } .nutcracker { fill: #f0883e; }
  }
"""


def chart(results):
    """One panel per workload, each with a scale of its own: bars of user and system time."""
    panels = [results["workloads"][name] for name in _ROWS if name in results["workloads"]]
    height = _TOP + -(-len(panels) // _COLUMNS) * _PANEL
    column = (_WIDTH - _GAP * (_COLUMNS + 1)) / _COLUMNS
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
             f'aria-label="CPU time of the proxy per request">', f"<style>{_STYLE}</style>",
             f'<text class="title" x="{_GAP}" y="28">CPU time of the proxy per request, microseconds</text>',
             f'<text class="small" x="{_GAP}" y="50">strong colour: user space, light: kernel; '
             "each panel has its own scale; one thread each; less is better</text>"]
    for index, panel in enumerate(panels):
        left = _GAP + (index % _COLUMNS) * (column + _GAP)
        parts += _panel(panel, left, _TOP + index // _COLUMNS * _PANEL, column)
    return "\n".join(parts + ["</svg>", ""])


def _panel(panel, left, top, width):
    costs = {name: _cost(result) for name, result in panel["contenders"].items() if name in _CONTENDERS}
    scale = (width - _LABEL - _VALUE) / max(sum(cost) for cost in costs.values())
    digits = 2 if min(sum(cost) for cost in costs.values()) < 2 else 1
    parts = [f'<text class="panel" x="{left:.0f}" y="{top + 12}">{escape(panel["title"])}</text>']
    for index, (name, (user, system)) in enumerate(costs.items()):
        y = top + 22 + index * _BAR_STEP
        x = left + _LABEL
        middle = y + _BAR - 4
        parts += [
            f'<text x="{left:.0f}" y="{middle}">{escape(_CONTENDERS[name].split(" ")[0])}</text>',
            f'<rect class="{name}" x="{x:.1f}" y="{y}" width="{user * scale:.1f}" height="{_BAR}"/>',
            f'<rect class="{name} system" x="{x + user * scale:.1f}" y="{y}" width="{system * scale:.1f}" '
            f'height="{_BAR}"/>',
            f'<text x="{x + (user + system) * scale + 6:.1f}" y="{middle}">{user + system:.{digits}f}</text>']
    return parts


def _cost(result):
    """(user, system), divided as the medians divide, and together the median of both."""
    total, user, system = (median_of(result, figure) for figure in ("cpu", "cpu_user", "cpu_system"))
    share = user / (user + system) if user + system else 0.0
    return total * share, total * (1 - share)
