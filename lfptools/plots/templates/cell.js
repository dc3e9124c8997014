"use strict";
// A cell of frusta, as thick as they are, seen without perspective so that the scale bar holds everywhere.
const scene = JSON.parse(document.getElementById("scene").textContent);
const at = (id) => document.getElementById(id);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
const canvas = at("view");
const gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
if (!gl) at("none").hidden = false; else show();

function show() {
  const SIDES = 10, pieces = floats(scene.pieces), owner = new Int32Array(bytes(scene.segment).buffer);
  const marks = scene.marks, cells = scene.ids.length;

  // --- the mesh: axis, direction away from it, radius, normal, and whose colour ---
  const vertex = [], index = [];
  const put = (axis, away, radius, normal, id) => vertex.push(...axis, ...away, radius, ...normal, id) / 11 - 1;
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const unit = (a) => { const n = Math.hypot(...a) || 1; return a.map((v) => v / n); };
  const ring = (axis, radius, along, u, id, cap) => {
    const side = unit(cross(along, u)), up = unit(cross(side, along)), first = vertex.length / 11;
    for (let k = 0; k < SIDES; k++) {
      const a = 2 * Math.PI * k / SIDES, away = up.map((v, i) => v * Math.cos(a) + side[i] * Math.sin(a));
      put(axis, away, radius, cap || away, id);
    }
    return first;
  };
  const lid = (axis, radius, along, u, id, outwards) => {
    const first = ring(axis, radius, along, u, id, outwards), middle = put(axis, [0, 0, 0], 0, outwards, id);
    for (let k = 0; k < SIDES; k++) index.push(first + k, first + (k + 1) % SIDES, middle);
  };
  for (let i = 0; i < owner.length; i++) {
    // start, end, both radii, normals of both end discs, whether the ends are joined to the neighbours
    const p = pieces.subarray(16 * i, 16 * i + 16), id = owner[i];
    const start = [...p.subarray(0, 3)], end = [...p.subarray(3, 6)], first = [...p.subarray(8, 11)], last = [...p.subarray(11, 14)];
    const u = Math.abs(first[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0];
    const a = ring(start, p[6], first, u, id), b = ring(end, p[7], last, u, id);
    for (let k = 0; k < SIDES; k++) {
      const l = (k + 1) % SIDES;
      index.push(a + k, b + k, a + l, a + l, b + k, b + l);
    }
    if (!p[14]) lid(start, p[6], first, u, id, first.map((v) => -v));
    if (!p[15]) lid(end, p[7], last, u, id, last);
  }
  const ofCell = index.length;
  marks.forEach((mark, m) => {  // a ball each, of constant size on the screen
    const rows = 7, first = vertex.length / 11;
    for (let r = 0; r <= rows; r++) for (let k = 0; k <= SIDES; k++) {
      const a = Math.PI * r / rows, b = 2 * Math.PI * k / SIDES;
      const away = [Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b), Math.cos(a)];
      put(mark.at, away, mark.size, away, cells + m);
    }
    for (let r = 0; r < rows; r++) for (let k = 0; k < SIDES; k++) {
      const q = first + r * (SIDES + 1) + k;
      index.push(q, q + SIDES + 1, q + 1, q + 1, q + SIDES + 1, q + SIDES + 2);
    }
  });

  // --- programs ---
  const body = `#version 300 es
    precision highp float; precision highp int;
    layout(location=0) in vec3 axis; layout(location=1) in vec3 away; layout(location=2) in float radius;
    layout(location=3) in vec3 normal; layout(location=4) in float id;
    uniform mat3 turn; uniform vec3 middle; uniform vec2 scale; uniform float depth; uniform float least; uniform float grow;
    uniform sampler2D colours; out vec3 shade; flat out int who;
    void main() {
      vec3 p = turn * (axis + away * max(radius * grow, least) - middle), n = turn * normal;
      gl_Position = vec4(p.xy * scale, -p.z * depth, 1.0);
      who = int(id + 0.5);
      shade = texelFetch(colours, ivec2(who % 1024, who / 1024), 0).rgb * (0.55 + 0.45 * abs(n.z));
    }`;
  const paint = `#version 300 es
    precision highp float; in vec3 shade; flat in highp int who; out vec4 colour; void main() { colour = vec4(shade, 1.0); }`;
  const name = `#version 300 es
    precision highp float; in vec3 shade; flat in highp int who; out vec4 colour;
    void main() { int k = who + 1; colour = vec4(k & 255, (k >> 8) & 255, (k >> 16) & 255, 255) / 255.0; }`;
  const compile = (fragment) => {
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, body], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text); gl.compileShader(shader); gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    return program;
  };
  const painting = compile(paint), naming = compile(name);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(vertex), gl.STATIC_DRAW);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(index), gl.STATIC_DRAW);
  [[0, 3, 0], [1, 3, 3], [2, 1, 6], [3, 3, 7], [4, 1, 10]].forEach(([where, size, offset]) => {
    gl.enableVertexAttribArray(where);
    gl.vertexAttribPointer(where, size, gl.FLOAT, false, 44, 4 * offset);
  });
  gl.enable(gl.DEPTH_TEST);

  // --- colours: a texel for each segment and each mark ---
  const rows = Math.ceil((cells + marks.length) / 1024), texels = new Uint8Array(4 * 1024 * rows).fill(255);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  const values = scene.values && floats(scene.values.numbers), codes = scene.values && bytes(scene.values.codes);
  const map = bytes(scene.map);
  let frame = scene.values ? scene.values.first : 0;
  const dye = () => {
    for (let k = 0; k < cells; k++) {
      const code = codes ? codes[frame * cells + k] : scene.kinds[k];
      texels.set(map.subarray(3 * code, 3 * code + 3), 4 * k);
    }
    marks.forEach((mark, m) => texels.set(mark.rgb, 4 * (cells + m)));
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1024, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
  };

  // --- the view ---
  let turn, middle, zoom;  // rows: right, up, towards the viewer; µm; pixels per µm
  const axes = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] };
  const size = () => [canvas.clientWidth, canvas.clientHeight];
  const look = (plane) => {
    const right = axes[plane[0]], up = axes[plane[1]];
    turn = [right, up, cross(right, up)];
    middle = [...scene.middle];
    const across = (row) => row.reduce((sum, v, i) => sum + Math.abs(v) * scene.extent[i], 0) || 1;
    const [w, h] = size();
    zoom = Math.min(0.72 * w / across(right), (h - 150) / across(up));
    draw();
  };
  const prepare = (program, least) => {
    const [w, h] = size(), where = (text) => gl.getUniformLocation(program, text);
    gl.useProgram(program);
    gl.uniformMatrix3fv(where("turn"), true, turn.flat());
    gl.uniform3fv(where("middle"), middle);
    gl.uniform2f(where("scale"), 2 * zoom / w, 2 * zoom / h);
    gl.uniform1f(where("depth"), 0.5 / Math.hypot(...scene.extent));
    const part = (from, count, pixels, grow) => {
      gl.uniform1f(where("least"), pixels / zoom);
      gl.uniform1f(where("grow"), grow);
      gl.drawElements(gl.TRIANGLES, count, gl.UNSIGNED_INT, 4 * from);
    };
    part(0, ofCell, least, 1);  // radii in µm, and no dendrite too thin to be seen
    part(ofCell, index.length - ofCell, 0, 1 / zoom);  // radii in pixels
  };
  const draw = () => {
    const [w, h] = size(), ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
    }
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(1, 1, 1, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    prepare(painting, 0.75);
    scaleBar(); triad();
  };
  const scaleBar = () => {
    const most = 0.16 * size()[0] / zoom, decade = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].map((k) => k * decade).find((k) => k <= most);
    at("scale").firstElementChild.style.width = `${length * zoom}px`;
    at("scale").lastElementChild.textContent = `${+length.toPrecision(3)} µm`;
  };
  const triad = () => {
    const pen = at("triad").getContext("2d");
    pen.clearRect(0, 0, 168, 168); pen.lineWidth = 3; pen.font = "26px sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
    ["x", "y", "z"].map((n, i) => [n, turn[0][i], turn[1][i], turn[2][i]]).sort((a, b) => a[3] - b[3]).forEach(([n, u, v]) => {
      pen.strokeStyle = pen.fillStyle = { x: "#D55E00", y: "#009E73", z: "#0072B2" }[n];
      pen.beginPath(); pen.moveTo(84, 84); pen.lineTo(84 + 52 * u, 84 - 52 * v); pen.stroke();
      if (Math.hypot(u, v) > 0.15) pen.fillText(n, 84 + 70 * u, 84 - 70 * v);
    });
  };

  // --- what is under the pointer ---
  const under = (x, y) => {
    const [w, h] = size(), target = gl.createFramebuffer(), colour = gl.createRenderbuffer(), depth = gl.createRenderbuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.bindRenderbuffer(gl.RENDERBUFFER, colour); gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, w, h);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, colour);
    gl.bindRenderbuffer(gl.RENDERBUFFER, depth); gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT16, w, h);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, depth);
    gl.viewport(0, 0, w, h); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    prepare(naming, 3);
    const pixel = new Uint8Array(4);
    gl.readPixels(x, h - 1 - y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(target); gl.deleteRenderbuffer(colour); gl.deleteRenderbuffer(depth);
    return pixel[0] + 256 * pixel[1] + 65536 * pixel[2] - 1;
  };
  const number = (v) => Number.isNaN(v) ? "none" : `${+v.toPrecision(4)}`.replace("-", "−");
  const tell = (x, y) => {
    const id = under(Math.round(x), Math.round(y)), tip = at("tip");
    tip.hidden = id < 0;
    if (id < 0) return;
    const lines = id >= cells ? [marks[id - cells].text] : [scene.ids[id], `diameter ${number(scene.diameter[id])} µm`];
    if (id < cells && values) lines.push(`${scene.values.name} ${number(values[frame * cells + id])} ${scene.values.unit}`);
    tip.textContent = lines.join("\n");
    tip.style.left = `${Math.min(x + 14, size()[0] - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.max(y - tip.offsetHeight - 8, 4)}px`;
  };

  // --- hands ---
  const spin = (i, j, angle) => {  // rows i and j of the view turn into each other
    const c = Math.cos(angle), s = Math.sin(angle), [a, b] = [turn[i], turn[j]];
    turn[i] = a.map((v, k) => c * v + s * b[k]); turn[j] = b.map((v, k) => c * v - s * a[k]);
  };
  let held = null;
  canvas.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); at("tip").hidden = true; });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointermove", (e) => {
    if (!held) { tell(e.clientX, e.clientY); return; }
    const dx = e.clientX - held[0], dy = e.clientY - held[1];
    held = [e.clientX, e.clientY];
    if (e.shiftKey || e.buttons === 2) middle = middle.map((v, k) => v - (dx * turn[0][k] - dy * turn[1][k]) / zoom);
    else { spin(0, 2, -dx * 0.008); spin(1, 2, dy * 0.008); }
    draw();
  });
  canvas.addEventListener("contextmenu", (e) => e.preventDefault());
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    const [w, h] = size(), factor = Math.exp(-e.deltaY * 0.0015), x = e.clientX - w / 2, y = h / 2 - e.clientY;
    const shift = (1 / zoom - 1 / (zoom * factor));
    middle = middle.map((v, k) => v + (x * turn[0][k] + y * turn[1][k]) * shift);
    zoom *= factor; draw();
  }, { passive: false });
  document.querySelectorAll("#tools button").forEach((b) => b.addEventListener("click", () => look(b.dataset.plane)));
  window.addEventListener("resize", draw);

  // --- colour bar, legend, time ---
  dye();
  look(scene.plane);
  if (scene.values) {
    at("bar").hidden = false;
    const pen = at("bar").querySelector("canvas").getContext("2d");
    for (let k = 0; k < 255; k++) { pen.fillStyle = `rgb(${map[3 * k]},${map[3 * k + 1]},${map[3 * k + 2]})`; pen.fillRect(0, 254 - k, 1, 1); }
    at("barname").textContent = scene.values.unit ? `${scene.values.name} (${scene.values.unit})` : scene.values.name;
    scene.values.ticks.forEach(([share, text]) => {
      const tick = document.createElement("span");
      tick.textContent = text; tick.style.top = `${100 * (1 - share)}%`; at("ticks").append(tick);
    });
    const times = scene.values.times;
    if (times.length > 1) {
      const box = at("time"), [button, slider, out] = ["button", "input", "output"].map((n) => box.querySelector(n));
      box.hidden = false; slider.max = times.length - 1;
      const go = (k) => { frame = k; slider.value = k; out.textContent = `${times[k].toFixed(2)} ms`; dye(); draw(); };
      slider.addEventListener("input", () => go(+slider.value));
      let timer = null;
      button.addEventListener("click", () => {
        if (timer) { clearInterval(timer); timer = null; button.textContent = "▶"; return; }
        button.textContent = "❚❚"; timer = setInterval(() => go((frame + 1) % times.length), 60);
      });
      go(frame);
    }
  }
  scene.legend.forEach(([text, colour, round]) => {
    const line = document.createElement("div"), dot = document.createElement("i");
    dot.style.background = colour; if (round) dot.className = "round";
    line.append(dot, text); at("legend").append(line);
  });
}
