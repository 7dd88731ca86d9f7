"use strict";

// A photo of fewer bytes is sent as it is.
const LARGE_BYTES = 200_000;
// Pixels of the short side that are sent: twice what the network's own resize keeps.
const SHORT_SIDE = 512;

/** A photo small enough to be sent quickly, upright, or the photo itself if it already is. */
async function shrink(photo) {
  if (photo.size < LARGE_BYTES) return photo;
  const bitmap = await decoded(photo);
  if (bitmap === null) return photo;
  const small = await redrawn(bitmap);
  bitmap.close();
  return small.size < photo.size ? small : photo;
}

/** Null where the browser cannot read the photo: the function reads more formats than most. */
function decoded(photo) {
  return createImageBitmap(photo, { imageOrientation: "from-image" }).catch(
    () => null,
  );
}

function redrawn(bitmap) {
  const scale = Math.min(1, SHORT_SIDE / Math.min(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const pen = canvas.getContext("2d");
  // JPEG has no transparency, and the function lays it on white too.
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}
