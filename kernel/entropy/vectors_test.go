package entropy

import (
	"encoding/hex"
	"testing"
)

// count returns the bytes 0, 1, ... n-1.
func count(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// TestChaCha20Block checks RFC 8439, appendix A.1, vectors 1 to 4 (the fifth has
// a nonce, which block does not take).
func TestChaCha20Block(t *testing.T) {
	tests := []struct {
		at      int // the key is all zero but for this byte
		value   byte
		counter uint32
		want    string
	}{
		{0, 0, 0, "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
			"da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
		{0, 0, 1, "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
			"29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
		{31, 1, 1, "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a" +
			"8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
		{1, 0xff, 2, "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca" +
			"13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
	}
	for i, tt := range tests {
		var key [keySize]byte
		key[tt.at] = tt.value
		var out [blockSize]byte
		block(&out, &key, tt.counter)
		if got := hex.EncodeToString(out[:]); got != tt.want {
			t.Errorf("vector %d: %s, want %s", i+1, got, tt.want)
		}
	}
}

// TestBLAKE2sKeyed checks vectors of the reference implementation (blake2s KAT:
// key 00 01 .. 1f, message 00 01 ..), at the edges of blocks.
func TestBLAKE2sKeyed(t *testing.T) {
	tests := []struct {
		length int
		want   string
	}{
		{0, "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"},
		{1, "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1"},
		{63, "c65382513f07460da39833cb666c5ed82e61b9e998f4b0c4287cee56c3cc9bcd"},
		{64, "8975b0577fd35566d750b362b0897a26c399136df07bababbde6203ff2954ed4"},
		{65, "21fe0ceb0052be7fb0f004187cacd7de67fa6eb0938d927677f2398c132317a8"},
		{128, "0c311f38c35a4fb90d651c289d486856cd1413df9b0677f53ece2cd9e477c60a"},
		{129, "46a73a8dd3e70f59d3942c01df599def783c9da82fd83222cd662b53dce7dbdf"},
		{255, "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd"},
	}
	for _, tt := range tests {
		key := [keySize]byte(count(keySize))
		mac(&key, count(tt.length))
		if got := hex.EncodeToString(key[:]); got != tt.want {
			t.Errorf("length %d: %s, want %s", tt.length, got, tt.want)
		}
	}
}

func BenchmarkBlock(b *testing.B) {
	var key [keySize]byte
	var out [blockSize]byte
	b.SetBytes(blockSize)
	b.ReportAllocs()
	for b.Loop() {
		block(&out, &key, 0)
	}
}

func BenchmarkSeed(b *testing.B) {
	var g Generator
	material := count(64)
	b.ReportAllocs()
	for b.Loop() {
		g.Seed(material, 0)
	}
}
