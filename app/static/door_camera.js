// The camera of the door. Reads with the browser's own detector, else with jsQR. No picture leaves the device.

const find = (id) => document.getElementById(id);
const view = find("camera-view");
const PAUSE = 120;
const SAME = 4000;
const WIDEST = 640;
let stream = null;
let cameras = [];
let chosen = 0;
let timer = 0;
let before = { text: "", at: 0 };

export async function open(reader, words, found) {
  find("camera-says").textContent = words.looking;
  try {
    const read = await detector(reader);
    await start();
    find("camera").hidden = false;
    find("camera-open").hidden = true;
    find("camera-close").onclick = close;
    find("camera-switch").onclick = async () => { chosen += 1; await start(); };
    find("camera-torch").onclick = light;
    document.addEventListener("visibilitychange", () => { if (document.hidden) close(); }, { once: true });
    look(read, found);
  } catch (error) {
    close();
    find("camera").hidden = false;
    find("camera-says").textContent = words.no_camera;
  }
}

function close() {
  clearTimeout(timer);
  if (stream) stream.getTracks().forEach((track) => track.stop());
  stream = null;
  view.srcObject = null;
  find("camera").hidden = true;
  find("camera-open").hidden = false;
  find("camera-open").focus();
}

async function start() {
  if (stream) stream.getTracks().forEach((track) => track.stop());
  const one = cameras.length ? { deviceId: { exact: cameras[chosen % cameras.length].deviceId } } : { facingMode: "environment" };
  stream = await navigator.mediaDevices.getUserMedia({ video: Object.assign({ width: { ideal: 1280 } }, one), audio: false });
  view.srcObject = stream;
  await view.play();
  cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  find("camera-switch").hidden = cameras.length < 2;
  const track = stream.getVideoTracks()[0];
  const able = track.getCapabilities ? track.getCapabilities() : {};
  find("camera-torch").hidden = !able.torch;
  find("camera-torch").setAttribute("aria-pressed", "false");
}

function light() {
  const on = find("camera-torch").getAttribute("aria-pressed") !== "true";
  stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
  find("camera-torch").setAttribute("aria-pressed", String(on));
}

async function detector(reader) {
  if ("BarcodeDetector" in window) {
    const kinds = await window.BarcodeDetector.getSupportedFormats();
    if (kinds.includes("qr_code")) {
      const own = new window.BarcodeDetector({ formats: ["qr_code"] });
      return async () => (await own.detect(view)).map((one) => one.rawValue)[0];
    }
  }
  await script(reader);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    const scale = Math.min(1, WIDEST / view.videoWidth);
    canvas.width = Math.round(view.videoWidth * scale);
    canvas.height = Math.round(view.videoHeight * scale);
    if (!canvas.width) return undefined;
    pen.drawImage(view, 0, 0, canvas.width, canvas.height);
    const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
    const code = window.jsQR(picture.data, picture.width, picture.height);
    return code ? code.data : undefined;
  };
}

function script(address) {
  if (window.jsQR) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const node = document.createElement("script");
    node.src = address;
    node.onload = resolve;
    node.onerror = reject;
    document.head.append(node);
  });
}

async function look(read, found) {
  if (!stream) return;
  const text = view.readyState > 1 ? await read().catch(() => undefined) : undefined;
  const now = Date.now();
  if (text && (text !== before.text || now - before.at > SAME)) found(text);
  if (text) before = { text, at: now };
  timer = setTimeout(look, PAUSE, read, found);
}
