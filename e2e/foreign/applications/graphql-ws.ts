import { createClient } from 'graphql-ws';

/** A query and a subscription over one socket. */
export async function useGraphqlWs(port: number, WebSocketClass?: typeof WebSocket): Promise<void> {
	const client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: WebSocketClass, lazy: false });
	for await (const { data } of client.iterate({ query: '{ greeting }' })) {
		if (data?.greeting !== 'grüße 🌍') throw new Error('graphql-ws answered something else');
	}
	const numbers: unknown[] = [];
	for await (const { data } of client.iterate({ query: 'subscription { countdown(from: 5) }' })) numbers.push(data?.countdown);
	if (numbers.join() !== '5,4,3,2,1,0') throw new Error(`graphql-ws counted ${numbers}`);
	await client.dispose();
}
