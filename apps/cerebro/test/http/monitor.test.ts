import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RowType } from '@cordyna/engine';
import { httpApp, type HttpApp } from './support/http-app.js';

let http: HttpApp;
beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

describe('the monitor', () => {
  test('is one page whose every file is served here', async () => {
    const page = await http.get('/');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.filter((file) => !file.startsWith('data:')).length).toBeGreaterThan(1);
    for (const file of files.filter((it) => !it.startsWith('data:'))) {
      expect(file.startsWith('/')).toBe(true);
      expect((await http.get(file)).status).toBe(200);
    }
  });

  test('has nothing that its content security policy forbids', async () => {
    const html = await (await http.get('/')).text();
    const script = await (await http.get('/monitor/monitor.js')).text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+="/);
    expect(script).not.toMatch(/innerHTML|eval\(|new Function|https?:/);
  });

  test('every element that the script fills is in the page', async () => {
    const html = await (await http.get('/')).text();
    const script = await (await http.get('/monitor/monitor.js')).text();
    const ids = [...script.matchAll(/(?:byId|fill)\('([\w-]+)'/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(5);
    for (const id of ids) expect(html).toContain(`id="${id}"`);
  });

  test('hears every type of history row', async () => {
    const script = await (await http.get('/monitor/monitor.js')).text();
    for (const type of Object.values(RowType))
      expect(script).toContain(`'${type.slice('cordyna.'.length, -'.v1'.length)}'`);
  });
});
