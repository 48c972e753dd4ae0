import type { Browser } from 'playwright-core';
import { palettePng } from './palette-png.ts';

/** Pixels between the pictures of a sheet. */
const GAP = 16;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row, in base64. */
  readonly pixels: string;
}

/** Runs in the browser, which decodes PNGs and draws them side by side. */
const DRAW = `async ({ sources, gap, background }) => {
  const images = await Promise.all(
    sources.map(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return image;
    }),
  );
  const canvas = document.createElement('canvas');
  canvas.width = images.reduce((sum, image) => sum + image.width + gap, -gap);
  canvas.height = Math.max(...images.map((image) => image.height));
  const context = canvas.getContext('2d');
  context.fillStyle = background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  let left = 0;
  for (const image of images) {
    context.drawImage(image, left, 0);
    left += image.width + gap;
  }
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
  return { width: canvas.width, height: canvas.height, pixels: btoa(text) };
}`;

/** PNGs side by side as one PNG with a palette. */
export async function sheet(browser: Browser, pictures: readonly Buffer[]): Promise<Buffer> {
  const page = await browser.newPage();
  const sources = pictures.map((png) => `data:image/png;base64,${png.toString('base64')}`);
  const given = JSON.stringify({ sources, gap: GAP, background: '#808080' });
  const { width, height, pixels } = await page.evaluate<Pixels>(`(${DRAW})(${given})`);
  await page.close();
  return palettePng({ width, height, pixels: Buffer.from(pixels, 'base64') });
}
