/** The last items, oldest first; what fell out is counted. */
export class Ring<T> {
	items: T[] = [];
	dropped = 0;

	push(item: T, capacity: number): void {
		this.items.push(item);
		while (this.items.length > capacity) {
			this.items.shift();
			this.dropped++;
		}
	}
}
