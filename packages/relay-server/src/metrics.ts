import { Counter, Gauge, Registry } from 'prom-client';

/** Read when somebody asks for the metrics. */
export interface Readings {
	connections(): number;
	waiting(): number;
	splices(): number;
	/** Of spliced payload, both ways, in all. */
	splicedBytes(): number;
	/** Left out without a cluster. */
	clusterIsHealthy?(): boolean;
}

const PREFIX = 'linkscope_relay_';

/** What a relay counts, in Prometheus' words. No key, no address and no text of a peer is a label. */
export class RelayMetrics {
	readonly #registry = new Registry();
	readonly registrations = this.#counter('registrations_total', 'Registrations that were proved', ['protocol']);
	readonly calls = this.#counter('calls_total', 'Calls by how they went: local and remote were spliced', ['protocol', 'outcome']);
	readonly refusals = this.#counter('refusals_total', 'Connections that the relay ended, by reason', ['code']);
	readonly limits = this.#counter('limits_total', 'Limits that were met', ['limit']);
	readonly spliceEnds = this.#counter('splice_ends_total', 'Splices that ended, by cause', ['cause', 'by']);

	constructor(readings: Readings) {
		this.#reading('connections', 'Open connections', readings.connections);
		this.#reading('waiting_registrations', 'Registrations that wait for a call', readings.waiting);
		this.#reading('splices', 'Pairs that are piped to each other', readings.splices);
		const { splicedBytes, clusterIsHealthy } = readings;
		if (clusterIsHealthy) this.#reading('cluster_healthy', 'Whether the registry of the cluster answers', () => Number(clusterIsHealthy()));
		new Counter({
			name: `${PREFIX}spliced_bytes_total`,
			help: 'Payload that was piped, both ways',
			registers: [this.#registry],
			collect() {
				this.reset();
				this.inc(splicedBytes());
			},
		});
	}

	get contentType(): string {
		return this.#registry.contentType;
	}

	text(): Promise<string> {
		return this.#registry.metrics();
	}

	#counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
		return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.#registry] });
	}

	#reading(name: string, help: string, read: () => number): void {
		new Gauge({
			name: PREFIX + name,
			help,
			registers: [this.#registry],
			collect() {
				this.set(read());
			},
		});
	}
}
