/** What host names stand for, asked of DNS servers as often as their answers are good for. */
package io.ovnegress.controller.names;
