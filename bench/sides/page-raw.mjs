import { exposePageEcho } from '../loops/page-echo.mjs';

exposePageEcho();
