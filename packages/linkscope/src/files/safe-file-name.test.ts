import fc from 'fast-check';
import { expect, it } from 'vitest';
import { numberedName, safeFileName } from './safe-file-name.js';

it.each([
	['report.pdf', 'report.pdf'],
	['Übung 1.txt', 'Übung 1.txt'],
	['../../etc/passwd', 'passwd'],
	['C:\\Windows\\system32\\x.dll', 'x.dll'],
	['/', 'file'],
	['..', 'file'],
	['', 'file'],
	['.bashrc', 'bashrc'],
	['a\0b\n.txt', 'ab.txt'],
	['photo\u202Egpj.exe', 'photogpj.exe'],
	['what?.txt', 'what_.txt'],
	['name. . ', 'name'],
	['CON', '_CON'],
	['nul.txt', '_nul.txt'],
	['con .txt', '_con.txt'],
	['COM¹', '_COM¹'],
	['conout$', '_conout$'],
	['console.log', 'console.log'],
	['\u3164\u115F\uFE0F', 'file'],
	[`invoice.pdf${' '.repeat(90)}\u2003.exe`, 'invoice.pdf.exe'],
	[`${'a'.repeat(300)}.tar.gz`, `${'a'.repeat(197)}.gz`],
	['😀'.repeat(100), '😀'.repeat(50)],
])('%j becomes %j', (given, safe) => {
	expect(safeFileName(given)).toBe(safe);
});

it('is always a name in one folder, short and not hidden, and safe already when it is safe', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
			const name = safeFileName(given);
			expect(name).not.toMatch(/[/\\\0]|^\.|^$|[. ]$/);
			expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(204);
			expect(safeFileName(name)).toBe(name);
		}),
	);
});

it('numbers a name in front of its extension', () => {
	expect([numberedName('report.pdf', 2), numberedName('README', 3)]).toEqual(['report (2).pdf', 'README (3)']);
});
