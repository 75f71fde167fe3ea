package fwcfg

import "testing"

// FuzzCPUs has the ports say anything. Only the device's two are touched, a fixed
// number of times, and the answer is a number of processors that there can be.
func FuzzCPUs(f *testing.F) {
	f.Add([]byte("QEMU\x04\x00"))
	f.Add([]byte("QEMU\xff\xff"))
	f.Add([]byte("QEMV"))
	f.Fuzz(func(t *testing.T, said []byte) {
		accesses := 0
		n, ok := CPUs(Ports{
			Out16: func(port, _ uint16) {
				if accesses++; port != portSelector {
					t.Fatalf("write to port %#x", port)
				}
			},
			In8: func(port uint16) (v uint8) {
				if accesses++; port != portData {
					t.Fatalf("read of port %#x", port)
				}
				if len(said) > 0 {
					v, said = said[0], said[1:]
				}
				return v
			},
		})
		if accesses > 2+4+2 || ok && (n < 1 || n > maxCPUs) {
			t.Errorf("%d, %v after %d accesses", n, ok, accesses)
		}
	})
}
