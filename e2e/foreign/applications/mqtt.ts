import mqtt from 'mqtt';

/** Subscribes, publishes to itself in two qualities of service, leaves. */
export async function useMqtt(port: number): Promise<void> {
	const client = await mqtt.connectAsync(`ws://127.0.0.1:${port}`, { reconnectPeriod: 0 });
	await client.subscribeAsync('rooms/#', { qos: 1 });
	for (const [text, qos] of [
		['plain', 0],
		['grüße 🌍', 1],
		['x'.repeat(70_000), 1],
	] as const) {
		const arrived = new Promise<string>((resolve) => client.once('message', (_topic, payload) => resolve(payload.toString())));
		await client.publishAsync('rooms/one', text, { qos });
		if ((await arrived) !== text) throw new Error('mqtt delivered something else');
	}
	await client.endAsync();
}
