// `import 'linkscope/auto'` before anything else: from then on every WebSocket of the process is seen.
import './globals.js';
import { installInstrumentation } from './install.js';

installInstrumentation();
