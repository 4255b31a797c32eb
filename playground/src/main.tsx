// First, so that no WebSocket of the page is missed.
import './instrument.js';
import { render } from 'preact';
import { App } from './app.js';
import { createModel } from './model/model.js';
import { startTraffic } from './traffic.js';

const model = createModel();
render(<App model={model} />, document.getElementById('app') as HTMLElement);
startTraffic(new URL('./', location.href));
