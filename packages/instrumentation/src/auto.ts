import { shared } from './shared.js';

// Importing this module is the installation.
shared().install((before) => before);
