<?php
// PHP 8 or later with sodium, which is part of it.
// Save as webhook.php and try it with: php -S 0.0.0.0:3000 webhook.php

const TOLERANCE_SECONDS = 300;

function is_ours(string $body, array $headers, string $public_key): bool
{
    $id = $headers['webhook-id'] ?? '';
    $timestamp = $headers['webhook-timestamp'] ?? '';
    if ($id === '' || !ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whpk_/', '', $public_key), true);
    if ($key === false || strlen($key) !== SODIUM_CRYPTO_SIGN_PUBLICKEYBYTES) {
        return false;
    }
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $versioned) {
        if (!str_starts_with($versioned, 'v1a,')) {
            continue;
        }
        $signature = base64_decode(substr($versioned, 4), true);
        if ($signature !== false && strlen($signature) === SODIUM_CRYPTO_SIGN_BYTES
            && sodium_crypto_sign_verify_detached($signature, "$id.$timestamp.$body", $key)) {
            return true;
        }
    }
    return false;
}

// The signature is over the bytes as they came.
$body = file_get_contents('php://input');
$headers = array_change_key_case(getallheaders(), CASE_LOWER);
if (!is_ours($body, $headers, (string) getenv('WEBHOOK_PUBLIC_KEY'))) { // whpk_…
    http_response_code(401);
    exit;
}
$event = json_decode($body, true);
error_log($headers['webhook-id'] . ' ' . json_encode($event));
http_response_code(204); // answer at once; leave long work to a queue
