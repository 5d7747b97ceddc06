/** What was programmed, when and why: kept by the loop, told to whoever asks, and written to a file if one is named. */
package io.ovnegress.controller.history;
