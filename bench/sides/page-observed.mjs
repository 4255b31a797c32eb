// The raw page under the patch; with #read, somebody reads the stats every second.
import { getConnectionInstrumentationStats, installInstrumentation } from '@linkscope/instrumentation';
import { exposePageEcho } from '../loops/page-echo.mjs';

installInstrumentation();
if (location.hash === '#read') setInterval(getConnectionInstrumentationStats, 1000);
exposePageEcho();
