/** Questions over HTTP, as JSON: {@code docs/operations.md} has the schema. Asks the loop; knows no decisions. */
package io.ovnegress.controller.query;
