package mem

// deviceBase: device memory keeps its physical address, which is what TamaGo's
// drivers expect.
const deviceBase = 0
