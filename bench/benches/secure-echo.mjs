import { microseconds, perSecond } from '../harness/figures.mjs';
import { compareEchoes, measureEchoes } from '../harness/measure-echoes.mjs';
import { startPair } from '../harness/pair.mjs';

const GOALS = {
	'64 B': { echoes: 1.5 },
	'800 B': { echoes: 1, cpu: 0.7 },
	'64 KiB': { echoes: 0.75 },
};
const ROUND_TRIP = 1.2;

export const sides = ['raw-client', 'raw-server', 'corked-client', 'corked-server', 'secure-client', 'secure-server'];
export const title = 'Echo over an encrypted Connection against raw `ws`';
export const head = ['measured', 'raw ws', 'the other', 'other ÷ raw', 'goal', ''];
export const notes = `Client and server are processes of their own on loopback, of one kind at both ends; binary messages; 64 under way for throughput, one for the round trip.
The Connection is authenticated and encrypted (connect and listen with an identity) and has the facade's default plugins, and instrumentation is installed. Raw \`ws\` is used through addEventListener and encrypts nothing;
with cork, it gathers what it sends in one tick into one write by hand. CPU is that of both processes together, for one echo.`;

export async function run({ quick }) {
	const startPairs = async () => [
		await startPair('raw-server', 'raw-client'),
		await startPair('secure-server', 'secure-client'),
		await startPair('corked-server', 'corked-client'),
	];
	const sizes = await measureEchoes(startPairs, { generations: quick ? 1 : 4, count: quick ? 3 : 6 });
	return sizes.flatMap((size) => {
		const goals = GOALS[size.name];
		return [
			compareEchoes(size.perSecond, 1, { label: `linkscope, ${size.name}: echoes`, format: perSecond, atLeast: goals.echoes }),
			compareEchoes(size.totalCpuUs, 1, { label: `linkscope, ${size.name}: CPU an echo`, format: microseconds, atMost: goals.cpu }),
			compareEchoes(size.roundTripUs, 1, { label: `linkscope, ${size.name}: round trip p50`, format: microseconds, atMost: ROUND_TRIP }),
			compareEchoes(size.perSecond, 2, { label: `raw ws with cork, ${size.name}: echoes`, format: perSecond }),
			compareEchoes(size.totalCpuUs, 2, { label: `raw ws with cork, ${size.name}: CPU an echo`, format: microseconds }),
			compareEchoes(size.roundTripUs, 2, { label: `raw ws with cork, ${size.name}: round trip p50`, format: microseconds }),
		];
	});
}
