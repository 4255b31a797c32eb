import { describe, expect, it } from 'vitest';
import { checkStoreName, memoryStorage } from './storage.js';

describe('a memory storage', () => {
	it('keeps texts by name, replaces and removes them', async () => {
		const storage = memoryStorage();
		expect(await storage.read('a')).toBeNull();
		await storage.update('a', (current) => `${current}, then this`);
		await storage.update('b', () => '');
		expect([await storage.read('a'), await storage.read('b'), await storage.read('c')]).toEqual(['null, then this', '', null]);
		await storage.update('a', () => null);
		expect(await storage.read('a')).toBeNull();
		expect(storage.where('a')).toBe('"a" in memory');
	});

	it('loses no change of many at once', async () => {
		const storage = memoryStorage();
		await Promise.all(Array.from({ length: 50 }, () => storage.update('count', (current) => String(Number(current) + 1))));
		expect(await storage.read('count')).toBe('50');
	});

	it('changes nothing where the change throws or the text is too long', async () => {
		const storage = memoryStorage();
		await storage.update('a', () => 'old');
		const refusal = new Error('no');
		await expect(
			storage.update('a', () => {
				throw refusal;
			}),
		).rejects.toBe(refusal);
		await expect(storage.update('a', () => 'x'.repeat(2 ** 23 + 1))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
		expect(await storage.read('a')).toBe('old');
	});
});

it.each([
	'',
	'.',
	'..',
	'../x',
	'a/b',
	'a\\b',
	'a.lock',
	'-a',
	'A',
	'ä',
	'a\n',
	'con',
	'nul',
	'aux',
	'prn',
	'com1',
	'lpt9',
	'x'.repeat(65),
	7 as unknown as string,
	undefined as unknown as string,
])('refuses the name %j, everywhere alike', async (name) => {
	expect(() => checkStoreName(name)).toThrow(TypeError);
	await expect(memoryStorage().read(name)).rejects.toThrow(TypeError);
	await expect(memoryStorage().update(name, () => 'x')).rejects.toThrow(TypeError);
});
