// Records with the microphone, makes a WAV of 16 kHz of it and puts it into the form's file field, which sends it as any
// other file. Without this script, or without a microphone, a file is chosen by hand.
const RATE = 16000;
const CONSTRAINTS = { audio: { channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true } };

function wav(samples) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const words = (at, text) => [...text].forEach((one, n) => view.setUint8(at + n, one.charCodeAt(0)));
  words(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  words(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  words(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((one, n) => {
    const bounded = Math.max(-1, Math.min(1, one));
    view.setInt16(44 + n * 2, Math.round(bounded * 32767), true);
  });
  return new Blob([view], { type: "audio/wav" });
}

async function resampled(blob) {
  const context = new AudioContext();
  try {
    const heard = await context.decodeAudioData(await blob.arrayBuffer());
    const offline = new OfflineAudioContext(1, Math.ceil(heard.duration * RATE), RATE);
    const source = offline.createBufferSource();
    source.buffer = heard;
    source.connect(offline.destination);
    source.start();
    return (await offline.startRendering()).getChannelData(0);
  } finally {
    await context.close();
  }
}

for (const part of document.querySelectorAll("[data-recorder]")) {
  const form = part.closest("form");
  const field = form.querySelector("input[type=file]");
  const [begin, end] = [part.querySelector("[data-begin]"), part.querySelector("[data-end]")];
  const [state, heard] = [part.querySelector("[data-state]"), part.querySelector("[data-heard]")];
  const longest = Number(part.dataset.longest);
  let recorder = null;

  const finish = async (chunks, kind) => {
    const blob = wav(await resampled(new Blob(chunks, { type: kind })));
    const carried = new DataTransfer();
    carried.items.add(new File([blob], "recording.wav", { type: "audio/wav" }));
    field.files = carried.files;
    heard.src = URL.createObjectURL(blob);
    heard.hidden = false;
    state.textContent = "Recorded. Listen to it, then save it.";
  };

  const record = async () => {
    const stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS);
    const chunks = [];
    recorder = new MediaRecorder(stream);
    let seconds = 0;
    const clock = setInterval(() => {
      seconds += 1;
      state.textContent = `Recording, ${seconds} s`;
      if (seconds >= longest) recorder.stop();
    }, 1000);
    recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
    recorder.addEventListener("stop", async () => {
      clearInterval(clock);
      stream.getTracks().forEach((track) => track.stop());
      begin.hidden = false;
      end.hidden = true;
      begin.focus();
      try {
        await finish(chunks, recorder.mimeType);
      } catch {
        state.textContent = "This browser could not make a recording of it. Choose a file instead.";
      }
    });
    recorder.start();
    state.textContent = "Recording";
    begin.hidden = true;
    end.hidden = false;
    end.focus();
  };

  part.hidden = !(navigator.mediaDevices && window.MediaRecorder && window.OfflineAudioContext);
  begin.addEventListener("click", () => {
    record().catch(() => {
      state.textContent = "The microphone cannot be used. Allow it in the browser, or choose a file instead.";
    });
  });
  end.addEventListener("click", () => recorder.stop());
}
