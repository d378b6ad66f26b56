/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver for pcscd: the virtual reader of vpcd, with a PIN pad. All goes on
 * to vpcd but control requests, which are those of PC/SC part 10. pcscd calls it with a lock held
 * for each reader, so one reader does one thing at a time.
 *
 * DEVICENAME is /dev/null:PORT:SOCKET:DRIVER: vpcd's port, the control socket,
 * and vpcd's file. The log is SOCKET.log.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcsclite.h>

#include <ifdhandler.h>
#include <reader.h>

#include "control.h"
#include "defs.h"
#include "entry.h"
#include "log.h"
#include "offer.h"
#include "pad.h"

#define PP_EXPORT __attribute__((visibility("default")))
#define PADS_MAX  PCSCLITE_MAX_READERS_CONTEXTS

static struct pp_pad *pads[PADS_MAX];
static pthread_mutex_t pads_mutex = PTHREAD_MUTEX_INITIALIZER;

struct names {
	char device[64]; /* as vpcd knows it */
	char socket[PATH_MAX];
	char driver[PATH_MAX];
};

static struct pp_pad *
find(DWORD lun)
{
	struct pp_pad *pad = NULL;

	(void)pthread_mutex_lock(&pads_mutex);
	for (size_t i = 0; i < PADS_MAX && pad == NULL; i++)
		if (pads[i] != NULL && pads[i]->lun == lun)
			pad = pads[i];
	(void)pthread_mutex_unlock(&pads_mutex);
	return pad;
}

/* Puts `new` in the place of `old`; NULL is an empty place. */
static bool
replace(const struct pp_pad *old, struct pp_pad *new)
{
	bool done = false;

	(void)pthread_mutex_lock(&pads_mutex);
	for (size_t i = 0; i < PADS_MAX && !done; i++) {
		if (pads[i] != old)
			continue;
		pads[i] = new;
		done = true;
	}
	(void)pthread_mutex_unlock(&pads_mutex);
	return done;
}

/* The part up to the next colon, or to the end; false when it is too long. */
static bool
cut(const char **at, char *ret, size_t size)
{
	size_t len = strcspn(*at, ":");

	if (len == 0 || len >= size)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	if (**at == ':')
		(*at)++;
	return true;
}

static bool
read_names(const char *name, struct names *ret)
{
	char place[32], port[16];

	if (!cut(&name, place, sizeof(place)) ||
	    !cut(&name, port, sizeof(port)) ||
	    !cut(&name, ret->socket, sizeof(ret->socket)) ||
	    !cut(&name, ret->driver, sizeof(ret->driver)) || *name != '\0')
		return false;
	(void)snprintf(ret->device, sizeof(ret->device), "%s:%s", place, port);
	return true;
}

static int
open_log(const char *socket)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s.log", socket) >= (int)sizeof(path))
		return -1;
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void
free_pad(struct pp_pad *pad)
{
	const int fds[] = { pad->log, pad->control, pad->stop };

	pp_driver_close(&pad->driver);
	pp_keys_destroy(&pad->keys);
	for (size_t i = 0; i < PP_COUNT(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	free(pad);
}

static struct pp_pad *
new_pad(DWORD lun)
{
	struct pp_pad *pad = calloc(1, sizeof(*pad));

	if (pad == NULL)
		return NULL;
	pad->lun = lun;
	pad->driver.fd = -1;
	pad->log = -1;
	pad->control = -1;
	pad->stop = -1;
	atomic_store(&pad->features, PP_FEATURE_ALL);
	pp_keys_init(&pad->keys);
	return pad;
}

static RESPONSECODE
open_pad(struct pp_pad *pad, struct names *names)
{
	RESPONSECODE code;

	pad->log = open_log(names->socket);
	if (pad->log < 0 || !pp_driver_open(&pad->driver, names->driver))
		return IFD_NO_SUCH_DEVICE;
	code = pad->driver.IFDHCreateChannelByName(pad->lun, names->device);
	if (code != IFD_SUCCESS)
		return code;
	if (!pp_control_start(pad, names->socket)) {
		(void)pad->driver.IFDHCloseChannel(pad->lun);
		return IFD_NO_SUCH_DEVICE;
	}
	if (!replace(NULL, pad)) {
		pp_control_stop(pad);
		(void)pad->driver.IFDHCloseChannel(pad->lun);
		return IFD_NO_SUCH_DEVICE;
	}
	pp_log(pad->log, "open %s", names->device);
	return IFD_SUCCESS;
}

PP_EXPORT RESPONSECODE
IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
	struct names names;
	struct pp_pad *pad;
	RESPONSECODE code;

	if (!read_names(DeviceName, &names)) {
		fprintf(stderr, "pinpad: DEVICENAME %s\n", DeviceName);
		return IFD_NO_SUCH_DEVICE;
	}
	pad = new_pad(Lun);
	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	code = open_pad(pad, &names);
	if (code != IFD_SUCCESS) {
		fprintf(stderr, "pinpad: %s: %m\n", DeviceName);
		free_pad(pad);
	}
	return code;
}

/* Without a name there is no socket. */
PP_EXPORT RESPONSECODE
IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
	(void)Lun;
	(void)Channel;
	return IFD_NO_SUCH_DEVICE;
}

PP_EXPORT RESPONSECODE
IFDHCloseChannel(DWORD Lun)
{
	struct pp_pad *pad = find(Lun);
	RESPONSECODE code;

	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	(void)replace(pad, NULL);
	pp_control_stop(pad);
	code = pad->driver.IFDHCloseChannel(Lun);
	pp_log(pad->log, "close");
	free_pad(pad);
	return code;
}

/* vpcd has a second slot; a pad belongs to one card. */
PP_EXPORT RESPONSECODE
IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
	struct pp_pad *pad = find(Lun);
	RESPONSECODE code;

	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	code = pad->driver.IFDHGetCapabilities(Lun, Tag, Length, Value);
	if (code == IFD_SUCCESS && Tag == TAG_IFD_SLOTS_NUMBER)
		*Value = 1;
	return code;
}

PP_EXPORT RESPONSECODE
IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value)
{
	struct pp_pad *pad = find(Lun);

	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	return pad->driver.IFDHSetCapabilities(Lun, Tag, Length, Value);
}

PP_EXPORT RESPONSECODE
IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1,
    UCHAR PTS2, UCHAR PTS3)
{
	struct pp_pad *pad = find(Lun);

	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	return pad->driver.IFDHSetProtocolParameters(Lun, Protocol, Flags, PTS1,
	    PTS2, PTS3);
}

PP_EXPORT RESPONSECODE
IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
	struct pp_pad *pad = find(Lun);

	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	return pad->driver.IFDHPowerICC(Lun, Action, Atr, AtrLength);
}

/* NULL once its cable was pulled, too. */
static struct pp_pad *
find_plugged(DWORD lun)
{
	struct pp_pad *pad = find(lun);

	return pad != NULL && !atomic_load(&pad->unplugged) ? pad : NULL;
}

/* VERIFY, CHANGE REFERENCE DATA or RESET RETRY COUNTER, with data. */
static bool
carries_pin(const uint8_t *apdu, size_t len)
{
	if (len <= 5)
		return false;
	switch (apdu[1] & 0xfe) {
	case 0x20:
	case 0x24:
	case 0x2c:
		return true;
	default:
		return false;
	}
}

PP_EXPORT RESPONSECODE
IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer,
    DWORD TxLength, PUCHAR RxBuffer, PDWORD RxLength, PSCARD_IO_HEADER RecvPci)
{
	struct pp_pad *pad = find_plugged(Lun);

	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	if (carries_pin(TxBuffer, TxLength)) {
		atomic_fetch_add(&pad->host_pins, 1);
		pp_log(pad->log, "host-pin ins=%02x", TxBuffer[1]);
	}
	return pad->driver.IFDHTransmitToICC(Lun, SendPci, TxBuffer, TxLength,
	    RxBuffer, RxLength, RecvPci);
}

PP_EXPORT RESPONSECODE
IFDHICCPresence(DWORD Lun)
{
	struct pp_pad *pad = find_plugged(Lun);

	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	return pad->driver.IFDHICCPresence(Lun);
}

static RESPONSECODE
told(bool fits)
{
	return fits ? IFD_SUCCESS : IFD_ERROR_INSUFFICIENT_BUFFER;
}

PP_EXPORT RESPONSECODE
IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength,
    PUCHAR RxBuffer, DWORD RxLength, LPDWORD pdwBytesReturned)
{
	struct pp_pad *pad = find_plugged(Lun);
	size_t len = 0;
	RESPONSECODE code;

	*pdwBytesReturned = 0;
	if (pad == NULL)
		return IFD_NO_SUCH_DEVICE;
	if (dwControlCode == CM_IOCTL_GET_FEATURE_REQUEST) {
		code = told(pp_offer_list(pad, RxBuffer, RxLength, &len));
		*pdwBytesReturned = len;
		return code;
	}
	switch (pp_offer_find(pad, dwControlCode)) {
	case FEATURE_VERIFY_PIN_DIRECT:
		code = pp_entry_verify(pad, TxBuffer, TxLength, RxBuffer,
		    RxLength, &len);
		break;
	case FEATURE_MODIFY_PIN_DIRECT:
		code = pp_entry_modify(pad, TxBuffer, TxLength, RxBuffer,
		    RxLength, &len);
		break;
	case FEATURE_IFD_PIN_PROPERTIES:
		code = told(pp_offer_pin(RxBuffer, RxLength, &len));
		break;
	case FEATURE_GET_TLV_PROPERTIES:
		code = told(pp_offer_tlv(RxBuffer, RxLength, &len));
		break;
	default:
		pp_log(pad->log, "unknown control=%08lx", dwControlCode);
		return IFD_NOT_SUPPORTED;
	}
	if (code == IFD_SUCCESS)
		*pdwBytesReturned = len;
	return code;
}
