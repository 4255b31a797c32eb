const MANY = 1_000_000;

/** Limits of a relay whose clients all come from one address, as they do in a bench. */
export const ONE_ADDRESS = {
	registrationsPerAddress: MANY,
	connectionsPerAddress: MANY,
	connectionsPerSecondPerAddress: MANY,
	connectionsBurstPerAddress: MANY,
};
