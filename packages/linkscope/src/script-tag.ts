// The bundle for a script tag: instruments the page on load, before any other script opens a connection.
import './auto.browser.js';

export * from './index.browser.js';
