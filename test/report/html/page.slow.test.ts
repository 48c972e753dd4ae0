import { expect, it } from 'vitest';
import { renderHtml } from '../../../src/report/html/report.ts';
import { calibrationReport } from '../calibration.ts';
import { everyFinding } from '../findings.ts';
import { HOSTILE_NAMES, hostileReport, probeReport, report } from '../fixtures.ts';
import { describeInBrowser, reportBrowser } from './browser.ts';
import { contrastsOf } from './contrast.ts';

const FULL = renderHtml(
  report({
    calibration: calibrationReport(),
    verdict: 'fail',
    findings: everyFinding('model.layers.0.self_attn.q_proj.weight'),
    probes: probeReport(),
    skipped: [{ name: 'model.norm.weight', reason: 'not a matrix' }],
  }),
  {
    origin: {
      ...{ id: 50, attempt: 2, commit: 'a'.repeat(40), head: null },
      ...{ repository: 'https://github.com/o/r', by: 'fork' },
    },
  },
);

const CONTROLS = 'a[href], summary, button, input, select, textarea, [tabindex="0"]';
const OUTLINE = 'getComputedStyle(document.activeElement).outlineStyle';

describeInBrowser('what the tests of pages notice', () => {
  const browser = reportBrowser();

  it('is text that moves, a request, an error, a dialog, and a page that is too wide', async () => {
    const { problems, layoutShift, sidewaysScroll } = await browser.open(`<!doctype html><p id="p">text</p>
      <div style="width: 2000px">wide</div><img src="missing.png" alt="">
      <script>
        alert('hello');
        setTimeout(() => { p.insertAdjacentHTML('beforebegin', '<div style="height: 300px"></div>'); throw new Error('late'); }, 100);
      </script>`);
    await expect.poll(layoutShift).toBeGreaterThan(0);
    expect(await sidewaysScroll()).toBeGreaterThan(0);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining(['dialog', 'request', 'uncaught', 'console error']),
    );
  });
});

describeInBrowser('a report in a browser', () => {
  const browser = reportBrowser();

  it.each([1100, 400])(
    'opens at %i pixels without an error, a request, a shift, or scrolling sideways',
    async (width) => {
      const { page, problems, layoutShift, sidewaysScroll } = await browser.open(FULL, { width });
      await page.mouse.wheel(0, 2000);
      expect(await sidewaysScroll()).toBe(0);
      expect(await layoutShift()).toBe(0);
      expect(problems).toEqual([]);
    },
  );

  it('opens and closes every fold in place, and nothing before it moves', async () => {
    const { page, problems, sidewaysScroll } = await browser.open(FULL, { width: 400 });
    for (const summary of await page.locator('summary:visible').all()) {
      await summary.scrollIntoViewIfNeeded();
      const before = await summary.boundingBox();
      await summary.click();
      expect(await summary.boundingBox()).toEqual(before);
    }
    expect(await sidewaysScroll()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('follows the color scheme of the reader', async () => {
    const backgroundOf = async (colorScheme: 'light' | 'dark') => {
      const { page } = await browser.open(FULL, { colorScheme });
      return page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    };
    expect(await backgroundOf('light')).toBe('rgb(255, 255, 255)');
    expect(await backgroundOf('dark')).not.toBe('rgb(255, 255, 255)');
  });

  it.each(['light', 'dark'] as const)('has text that stands out from what is behind it, %s', async (colorScheme) => {
    const { page } = await browser.open(FULL, { colorScheme });
    const faint = (await contrastsOf(page)).filter(({ ratio, least }) => ratio < least);
    expect(faint).toEqual([]);
  });

  it('lets the keyboard reach every control, and shows where it is', async () => {
    const { page } = await browser.open(FULL);
    await page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");
    await page.evaluate(
      `globalThis.missed = new Set([...document.querySelectorAll('${CONTROLS}')].filter((control) => !control.closest('dialog')))`,
    );
    // Boxes that scroll are reached too, so that there are more stops than controls.
    for (let isInside = true; isInside; ) {
      await page.keyboard.press('Tab');
      isInside = await page.evaluate('missed.delete(document.activeElement), document.activeElement !== document.body');
      if (isInside) expect(await page.evaluate(OUTLINE)).toBe('solid');
    }
    expect(await page.evaluate('[...missed].map((control) => control.outerHTML.slice(0, 200))')).toEqual([]);
  });

  it('names every chart, table and input', async () => {
    const { page } = await browser.open(FULL);
    const unnamed = await page.evaluate<string[]>(`
      [...document.querySelectorAll('svg, table, input, select, textarea, button')]
        .filter((element) => {
          const named = [element.getAttribute('aria-label'), document.getElementById(element.getAttribute('aria-labelledby'))?.textContent,
            element.caption?.textContent, element.labels?.[0]?.textContent, element.matches('button') ? element.textContent : ''];
          return !element.closest('[aria-hidden="true"]') && !named.some((name) => name?.trim());
        })
        .map((element) => element.outerHTML.slice(0, 200))`);
    expect(unnamed).toEqual([]);
  });

  it('has the same text without scripts', async () => {
    const text = async (javaScript: boolean) => {
      const { page } = await browser.open(FULL, { javaScript });
      // Controls that only the script makes work are not shown without it.
      await page.evaluate(`document.querySelectorAll('.item-tools, .with-script').forEach((tools) => tools.remove())`);
      return page.evaluate<string>('document.querySelector("main").innerText');
    };
    expect(await text(false)).toContain(await text(true));
  });

  it.each(HOSTILE_NAMES.map((name, i) => [i, name]))('is inert with hostile name %i', async (_, name) => {
    const { page, problems, sidewaysScroll } = await browser.open(renderHtml(hostileReport(name as string)), {
      width: 400,
    });
    expect(await page.locator('script').count()).toBe(1);
    expect(await sidewaysScroll()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('runs no script but its own', async () => {
    const injected = FULL.replace(
      '</main>',
      '<script>globalThis.pwned = true</script><b onclick="pwned = true">x</b></main>',
    );
    const { page, problems } = await browser.open(injected);
    await page.locator('b[onclick]').click();
    expect(await page.evaluate('globalThis.pwned')).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
  });
});
