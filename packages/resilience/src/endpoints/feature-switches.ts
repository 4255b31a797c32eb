import { Emitter, type Subscribable, type Unsubscribe } from '@linkscope/core';

/** What a feature may need; an `Endpoint` is one. */
export interface Availability {
	readonly isAvailable: boolean;
	readonly onChange: Subscribable<unknown>;
}

export interface FeatureChange {
	readonly feature: string;
	readonly enabled: boolean;
}

/** Features that switch themselves off while something they need is unavailable, and on when all of it is back. */
export class FeatureSwitches {
	readonly onChange: Subscribable<FeatureChange>;
	readonly #changes = new Emitter<FeatureChange>();
	readonly #enabled = new Map<string, boolean>();
	readonly #unsubscribes: Unsubscribe[] = [];

	/** @param needs what each feature needs, all of it. */
	constructor(needs: Readonly<Record<string, readonly Availability[]>>) {
		this.onChange = this.#changes;
		for (const [feature, needed] of Object.entries(needs)) {
			const update = () =>
				this.#set(
					feature,
					needed.every(({ isAvailable }) => isAvailable),
				);
			update();
			for (const { onChange } of needed) this.#unsubscribes.push(onChange.on(update));
		}
	}

	get enabled(): readonly string[] {
		return [...this.#enabled].filter(([, isEnabled]) => isEnabled).map(([feature]) => feature);
	}

	/** @throws RangeError where there is no such feature. */
	isEnabled(feature: string): boolean {
		const isEnabled = this.#enabled.get(feature);
		if (isEnabled === undefined) throw new RangeError(`feature must be one of ${[...this.#enabled.keys()].join(', ')}, got ${feature}`);
		return isEnabled;
	}

	/** They stay as they are. */
	stop(): void {
		for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
	}

	#set(feature: string, enabled: boolean): void {
		if (this.#enabled.get(feature) === enabled) return;
		this.#enabled.set(feature, enabled);
		this.#changes.emit({ feature, enabled });
	}
}
