/**
 * Questions and answers. A {@link io.ovnegress.reconciler.explain.Question} is answered by the code that decides: by every feature
 * that has to do with what is asked about, from the same values from which rows and conditions follow, and by the machine, which
 * says how far the rows are. Nothing changes by being asked. Knows neither features nor the machine.
 */
package io.ovnegress.reconciler.explain;
