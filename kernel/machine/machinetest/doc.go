// Package machinetest makes the machine that tests run on (arch/amd64/amd64test) one
// that the kernel can log to and end: with its first serial port, and with ports that
// take a status. Import it for that effect.
package machinetest
