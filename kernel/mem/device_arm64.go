package mem

// deviceBase: device memory is in the direct map, because many devices are in
// the part of the address space where the Go heap is.
const deviceBase = Direct
