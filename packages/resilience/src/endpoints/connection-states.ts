import { Emitter, type Subscribable, type Unsubscribe } from '@linkscope/core';
import type { StatusSource } from './status-source.js';

/** By node, then by component. */
export type StatesByNode = Record<string, Record<string, object>>;

/** The states of everything that was added, as seeds/002 shows them: `{ node1: { log_reader: {…}, api_client: {…} } }`. */
export class ConnectionStates {
	/** Tells the node. */
	readonly onChange: Subscribable<string>;
	readonly #changes = new Emitter<string>();
	readonly #nodes = new Map<string, Map<string, StatusSource>>();

	constructor() {
		this.onChange = this.#changes;
	}

	get states(): StatesByNode {
		const components = (sources: Map<string, StatusSource>) => Object.fromEntries([...sources].map(([name, source]) => [name, source.snapshot]));
		return Object.fromEntries([...this.#nodes].map(([node, sources]) => [node, components(sources)]));
	}

	/**
	 * @param component what it is called, such as 'log_reader'.
	 * @returns takes it out.
	 * @throws TypeError where the node has one of that name.
	 */
	add(node: string, component: string, source: StatusSource): Unsubscribe {
		const sources = this.#nodes.get(node) ?? new Map<string, StatusSource>();
		if (sources.has(component)) throw new TypeError(`${node} has a ${component} already`);
		sources.set(component, source);
		this.#nodes.set(node, sources);
		const unsubscribe = source.onChange.on(() => this.#changes.emit(node));
		this.#changes.emit(node);
		return () => {
			unsubscribe();
			if (sources.get(component) !== source) return;
			sources.delete(component);
			if (sources.size === 0) this.#nodes.delete(node);
			this.#changes.emit(node);
		};
	}
}
