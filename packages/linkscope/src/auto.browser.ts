// `import 'linkscope/auto'` before anything else: from then on every WebSocket of the page is seen.
import './globals.js';
import '@linkscope/instrumentation/auto';
