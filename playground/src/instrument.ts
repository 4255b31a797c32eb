import { installInstrumentation } from 'linkscope';

installInstrumentation({ label: 'PAGE' });
