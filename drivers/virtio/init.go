package virtio

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Errors of bring-up, wrapped with details.
var (
	ErrNoVersion1  = errors.New("virtio: device does not offer VIRTIO_F_VERSION_1")
	ErrFeatures    = errors.New("virtio: device refused the features chosen from its offer")
	ErrReset       = errors.New("virtio: device status did not return to 0 after reset")
	ErrConfigTorn  = errors.New("virtio: configuration space kept changing while it was read")
	ErrConfigShort = errors.New("virtio: configuration space ends before a field that the features promise")
	ErrNoQueue     = errors.New("virtio: device has no such queue")
)

// resetTimeout is far more than an emulated or real device needs.
const resetTimeout = time.Second

// Begin does steps 1 to 3 of device initialisation (3.1.1): reset, ACKNOWLEDGE,
// DRIVER. It returns the features on offer.
func Begin(t Transport) (Feature, error) {
	if err := t.Reset(); err != nil {
		return 0, err
	}
	t.SetStatus(StatusAcknowledge)
	t.SetStatus(StatusAcknowledge | StatusDriver)
	offer := t.DeviceFeatures()
	if offer&FeatureVersion1 == 0 && !t.Legacy() {
		Fail(t)
		return 0, fmt.Errorf("%w (features %#x)", ErrNoVersion1, uint64(offer))
	}
	return offer, nil
}

// Accept does steps 4 to 6: writes the chosen features, a subset of the offer
// with VERSION_1 unless the device is a legacy one, sets FEATURES_OK and checks
// that the device agrees.
func Accept(t Transport, chosen Feature) error {
	t.SetDriverFeatures(chosen)
	if t.Legacy() {
		return nil // there is no way for the device to disagree
	}
	s := StatusAcknowledge | StatusDriver | StatusFeaturesOK
	t.SetStatus(s)
	if got := t.Status(); got&StatusFeaturesOK == 0 {
		Fail(t)
		return fmt.Errorf("%w: features %#x, status %#x", ErrFeatures, uint64(chosen), uint8(got))
	}
	return nil
}

// Ready does step 8: DRIVER_OK, the device is live. Queues are set up before
// (step 7) and buffers may be available in them, but no doorbell was rung yet
// (3.1.1: not before DRIVER_OK).
func Ready(t Transport) { t.SetStatus(t.Status() | StatusDriverOK) }

// Fail tells the device that the driver has given up on it (2.1).
func Fail(t Transport) { t.SetStatus(t.Status() | StatusFailed) }

// WaitReset polls status until it is 0, for transports' Reset (4.1.4.3.2,
// 4.2.2.1). A device that never complies gives ErrReset.
func WaitReset(status func() Status) error {
	for deadline := time.Now().Add(resetTimeout); ; runtime.Gosched() {
		s := status()
		if s == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: status %#x", ErrReset, uint8(s))
		}
	}
}

// configTries bounds the rereading of a configuration that changes each time.
const configTries = 16

// ReadConfig calls read with the device's configuration space until it ran
// between two equal generations, so that fields wider than an access and groups
// of fields are consistent (2.5.1). size is how many bytes read looks at. A
// legacy device has no generation: there it runs once.
func ReadConfig(t Transport, size uint32, read func(Region)) error {
	r := t.Config()
	if r == nil || r.Len() < size {
		return fmt.Errorf("%w: %d bytes wanted", ErrConfigShort, size)
	}
	for range configTries {
		before := t.ConfigGeneration()
		read(r)
		if t.ConfigGeneration() == before {
			return nil
		}
	}
	return ErrConfigTorn
}
