/**
 * What is in the database beside what is wanted, row by row, as values. The machine compares, see {@code Audit} there. Knows
 * neither features nor the machine.
 */
package io.ovnegress.reconciler.audit;
