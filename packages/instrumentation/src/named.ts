const MAX_NAMES = 64;

/** A value for each name, made when it is first asked for. Names beyond the bound share 'other', and that is counted. */
export class Named<T> {
	dropped = 0;
	readonly #values = new Map<string, T>();
	readonly #create: (name: string) => T;
	readonly #maxNames: number;

	constructor(create: (name: string) => T, maxNames = MAX_NAMES) {
		this.#create = create;
		this.#maxNames = maxNames;
	}

	of(name: string): T {
		let key = name;
		if (!this.#values.has(name) && this.#values.size >= this.#maxNames) {
			this.dropped++;
			key = 'other';
		}
		const value = this.#values.get(key) ?? this.#create(key);
		this.#values.set(key, value);
		return value;
	}

	entries(): [string, T][] {
		return [...this.#values];
	}
}
