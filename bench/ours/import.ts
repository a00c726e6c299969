// A script that does nothing but import the package.

import 'bsd-socket'
