"use strict";

// The longer side of the drawing, in pixels. Heat has no finer details.
const HEAT_SIDE = 256;
// From no heat to most: red, green, blue, opacity. As in the overlays of the API.
const HEAT_COLOURS = [
  [70, 10, 105, 0],
  [190, 35, 80, 115],
  [250, 125, 10, 165],
  [255, 245, 130, 190],
];

/** Draw a heat map over a photo of the size `image`, on a canvas of the same proportions. */
function drawHeat(canvas, { grid, box }, { width, height }) {
  const scale = HEAT_SIDE / Math.max(width, height);
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(
    heatCells(grid),
    box.left * scale,
    box.top * scale,
    (box.right - box.left) * scale,
    (box.bottom - box.top) * scale,
  );
}

/** A canvas with one pixel for each cell of the grid. */
function heatCells(grid) {
  const cells = document.createElement("canvas");
  cells.width = grid[0].length;
  cells.height = grid.length;
  const colours = new ImageData(cells.width, cells.height);
  colours.data.set(grid.flat().flatMap(heatColour));
  cells.getContext("2d").putImageData(colours, 0, 0);
  return cells;
}

function heatColour(value) {
  const position = value * (HEAT_COLOURS.length - 1);
  const below = Math.min(Math.floor(position), HEAT_COLOURS.length - 2);
  return HEAT_COLOURS[below].map(
    (from, channel) =>
      from + (HEAT_COLOURS[below + 1][channel] - from) * (position - below),
  );
}

/** Where most of the heat is, in words, as in "mostly at the lower left". */
function placeOfHeat({ grid, box }, { width, height }) {
  // Squared, so that faint heat everywhere does not pull the place to the middle.
  const weights = grid.map((row) => row.map((value) => value ** 2));
  const total = weights.flat().reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return "nowhere in particular";
  if (total > (grid.length * grid[0].length) / 2) return "all over the photo";
  const mean = (cells) =>
    cells.reduce((sum, cell, place) => sum + cell * (place + 0.5), 0) /
    (total * cells.length);
  const sums = (rows) =>
    rows.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  const columns = weights[0].map((_, place) => weights.map((row) => row[place]));
  const x = (box.left + mean(sums(columns)) * (box.right - box.left)) / width;
  const y = (box.top + mean(sums(weights)) * (box.bottom - box.top)) / height;
  const across = ["left", "", "right"][third(x)];
  const down = ["upper", "", "lower"][third(y)];
  if (!across && !down) return "mostly in the middle";
  if (!across) return down === "upper" ? "mostly at the top" : "mostly at the bottom";
  return `mostly ${down ? `at the ${down} ${across}` : `on the ${across}`}`;
}

/** 0, 1 or 2 for a share before, within or after the middle fifth. */
function third(share) {
  return share < 0.4 ? 0 : share > 0.6 ? 2 : 1;
}
