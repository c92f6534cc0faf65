"""Draws the README's picture: `python -m tests.picture` writes .github/bptui.svg."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bptui.tui.app import Bptui
from tests.sessions import shipped

PICTURE = Path(__file__).parent.parent / ".github" / "bptui.svg"


async def draw() -> str:
    """Return the app as SVG, one backward phase into Mazur's example, with an edge selected."""
    app = Bptui(shipped("mazur").setup, "rgb")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*["space"] * 32, "l")
        await pilot.pause(0.2)
        return app.export_screenshot(title="bptui presets/mazur.toml")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(asyncio.run(draw()), encoding="utf-8")
