import { installInstrumentation } from './install.js';

// Importing this module is the installation.
installInstrumentation();
