<?php
// PHP 8 or later, nothing to install.
// Save as webhook.php and try it with: php -S 0.0.0.0:3000 webhook.php

const TOLERANCE_SECONDS = 300;

function is_ours(string $body, array $headers, string $secret): bool
{
    $id = $headers['webhook-id'] ?? '';
    $timestamp = $headers['webhook-timestamp'] ?? '';
    if ($id === '' || !ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    if ($key === false || $key === '') {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

// The signature is over the bytes as they came.
$body = file_get_contents('php://input');
$headers = array_change_key_case(getallheaders(), CASE_LOWER);
if (!is_ours($body, $headers, (string) getenv('WEBHOOK_SECRET'))) { // whsec_…
    http_response_code(401);
    exit;
}
$event = json_decode($body, true);
error_log($headers['webhook-id'] . ' ' . json_encode($event));
http_response_code(204); // answer at once; leave long work to a queue
