import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { listening, type RunningServer } from './running-server.js';

// graphql-ws loads the CommonJS copy of graphql, and graphql wants to be one module.
const { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString }: typeof import('graphql') = createRequire(import.meta.url)('graphql');

const schema = new GraphQLSchema({
	query: new GraphQLObjectType({ name: 'Query', fields: { greeting: { type: GraphQLString, resolve: () => 'grüße 🌍' } } }),
	subscription: new GraphQLObjectType({
		name: 'Subscription',
		fields: {
			countdown: {
				type: GraphQLInt,
				args: { from: { type: new GraphQLNonNull(GraphQLInt) } },
				async *subscribe(_root: unknown, { from }: { from: number }) {
					for (let countdown = from; countdown >= 0; countdown--) yield { countdown };
				},
			},
		},
	}),
});

/** A GraphQL server with subscriptions over WebSockets. */
export function startGraphql(): Promise<RunningServer> {
	const http = createServer();
	const sockets = new WebSocketServer({ server: http });
	const server = useServer({ schema }, sockets);
	return listening(http, () => server.dispose());
}
