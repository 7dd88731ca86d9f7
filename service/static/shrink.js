"use strict";

// Smaller photos are uploaded unchanged.
const LARGE_BYTES = 200_000;
// The shorter side of a shrunk photo, in pixels: twice that of the network's resize.
const SHORT_SIDE = 512;

/** A smaller, upright copy of the photo, or the photo itself if it is small or unreadable. */
async function shrink(photo) {
  if (photo.size < LARGE_BYTES) return photo;
  const bitmap = await decoded(photo);
  if (bitmap === null) return photo;
  const small = await redrawn(bitmap);
  bitmap.close();
  return small && small.size < photo.size ? small : photo;
}

/** Null if the browser cannot decode the photo; the function supports more formats. */
function decoded(photo) {
  return createImageBitmap(photo, { imageOrientation: "from-image" }).catch(
    () => null,
  );
}

/** A smaller copy as JPEG; null if the canvas is too large for the browser. */
function redrawn(bitmap) {
  const scale = Math.min(1, SHORT_SIDE / Math.min(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const pen = canvas.getContext("2d");
  // JPEG has no transparency; the function also uses white.
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}
