// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
// The fleet as squares on one canvas: 400 at a glance, 10,000 usable.
// robots: [{name, ratio (signed, in tolerances; null unknown), silent, refused (or null), alarm 0..2}]
const FULL = 4; // tolerances at which a colour is full
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

export class HeatMap {
  constructor(box, { read, open, close }) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.robots = [];
    this.at = -1;
    this.chosen = null;
    this.on = { read, open, close };
    this.canvas.addEventListener("mousemove", (e) => this.point(this.under(e)));
    this.canvas.addEventListener("mouseleave", () => this.point(this.index(this.chosen)));
    this.canvas.addEventListener("click", (e) => {
      const i = this.under(e);
      if (i >= 0) this.on.open(this.robots[i].name);
    });
    box.addEventListener("keydown", (e) => this.key(e));
    box.addEventListener("focus", () => { if (this.at < 0) this.point(Math.max(0, this.index(this.chosen))); });
    new ResizeObserver(() => this.draw()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show(robots, chosen) {
    const name = this.robots[this.at]?.name;
    this.robots = robots;
    this.chosen = chosen;
    this.at = this.index(name);
    this.box.setAttribute("aria-label", `${robots.length} robots`);
    this.draw();
    if (this.at >= 0) this.on.read(this.robots[this.at]);
  }

  index(name) { return this.robots.findIndex((r) => r.name === name); }

  point(i) {
    if (i === this.at) return;
    this.at = i;
    this.draw();
    this.on.read(i < 0 ? null : this.robots[i]);
  }

  layout() {
    const width = this.box.clientWidth, n = Math.max(1, this.robots.length);
    // As large as fits beside each other in about half a screen's height.
    const size = Math.min(34, Math.max(7, Math.floor(Math.sqrt((width * 560) / n))));
    const columns = Math.max(1, Math.floor(width / size));
    return { size: Math.min(width / columns, 40), columns, rows: Math.ceil(n / columns), gap: size > 14 ? 5 : 2 };
  }

  under(event) {
    const { size, columns } = this.layout();
    const x = Math.floor(event.offsetX / size), y = Math.floor(event.offsetY / size);
    const i = y * columns + x;
    return x < columns && i < this.robots.length ? i : -1;
  }

  key(event) {
    const { columns } = this.layout();
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -10 * columns, PageDown: 10 * columns }[event.key];
    const last = this.robots.length - 1;
    let to = this.at;
    if (step !== undefined) to = this.at + step < 0 || this.at + step > last ? (Math.abs(step) > columns ? (step < 0 ? 0 : last) : this.at) : this.at + step;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = last;
    else if (event.key === "Enter" || event.key === " ") { if (this.at >= 0) this.on.open(this.robots[this.at].name); }
    else if (event.key === "Escape") this.on.close();
    else return;
    event.preventDefault();
    this.point(to);
  }

  // Frame and cross: not to be taken for a robot that is merely out of reach, in any colour.
  cross(ctx, x, y, side, ink) {
    ctx.strokeStyle = ink;
    ctx.lineWidth = side > 14 ? 2 : 1;
    ctx.stroke();
    ctx.beginPath();
    for (const [from, to] of [[0.25, 0.75], [0.75, 0.25]]) {
      ctx.moveTo(x + 0.5 + from * side, y + 0.5 + 0.25 * side);
      ctx.lineTo(x + 0.5 + to * side, y + 0.5 + 0.75 * side);
    }
    ctx.stroke();
    ctx.lineWidth = 1;
  }

  draw() {
    if (this.box.clientWidth === 0) return; // not in sight yet
    const { size, columns, rows, gap } = this.layout();
    const scale = devicePixelRatio || 1, width = this.box.clientWidth, height = Math.ceil(rows * size) + 3;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.height = height + "px";
    const ctx = this.canvas.getContext("2d");
    ctx.scale(scale, scale);
    const tone = Object.fromEntries(["kept", "early", "late", "gone", "muted", "alarm", "watch", "focus", "ink", "card"].map((n) => [n, color(n)]));
    const side = Math.floor(size) - gap, round = Math.min(4, side / 4);
    const place = (i) => [Math.round((i % columns) * size) + 2, Math.round(Math.floor(i / columns) * size) + 2];
    this.robots.forEach((robot, i) => {
      const [x, y] = place(i);
      ctx.beginPath();
      ctx.roundRect(x + 0.5, y + 0.5, side, side, round);
      if (robot.refused) {
        this.cross(ctx, x, y, side, tone.alarm);
      } else if (robot.silent || robot.ratio == null) {
        ctx.globalAlpha = robot.silent ? 1 : 0.45;
        ctx.strokeStyle = tone.muted;
        ctx.setLineDash(side > 10 ? [3, 2] : []);
        ctx.stroke();
        ctx.setLineDash([]);
        ctx.globalAlpha = 1;
      } else {
        ctx.fillStyle = tone.kept;
        ctx.fill();
        const over = Math.abs(robot.ratio);
        if (over > 1) {
          ctx.globalAlpha = 0.45 + 0.55 * Math.min(1, (over - 1) / (FULL - 1));
          ctx.fillStyle = robot.ratio < 0 ? tone.early : tone.late;
          ctx.fill();
          ctx.globalAlpha = 1;
        }
      }
      if (robot.alarm > 0) {
        const thick = side > 14 ? 3 : 2;
        ctx.strokeStyle = robot.alarm > 1 ? tone.alarm : tone.watch;
        ctx.lineWidth = thick;
        ctx.strokeRect(x + 0.5 + thick / 2, y + 0.5 + thick / 2, side - thick, side - thick);
        ctx.lineWidth = 1;
      }
    });
    for (const [i, ring] of [[this.index(this.chosen), tone.ink], [this.at, tone.focus]]) {
      if (i < 0 || i >= this.robots.length) continue;
      const [x, y] = place(i);
      ctx.strokeStyle = ring;
      ctx.lineWidth = 2;
      ctx.strokeRect(x - 1, y - 1, side + 3, side + 3);
      ctx.lineWidth = 1;
    }
    this.canvas.dataset.drawn = this.robots.length;
  }
}
