// Photos are made small on the phone: a long side of 1600 pixels, as JPEG. That also leaves out where it was taken.

const LONGEST = 1600;
const THUMB = 160;

function drawn(picture, longest) {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const canvas = drawn(picture, LONGEST);
    const photo = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    if (!photo) throw new Error("no picture was made");
    return { photo, thumb: drawn(picture, THUMB).toDataURL("image/jpeg", 0.7) };
  } finally {
    picture.close();
  }
}
