<?php
return [
    'modules' => [
        'Magento_Store' => 1,
        'Acme_Cart' => 1,
        'Acme_Gift' => 0
    ],
    'scopes' => [
        'websites' => [
            'admin' => ['website_id' => '0', 'code' => 'admin'],
            'base' => ['website_id' => '1', 'code' => 'base'],
            'outlet' => ['website_id' => '2', 'code' => 'outlet'],
        ],
        'groups' => [
            ['group_id' => '0', 'code' => 'default'],
        ],
        'stores' => [
            'admin' => ['store_id' => '0', 'code' => 'admin'],
            'german' => ['store_id' => '1', 'code' => 'german'],
            'french' => ['store_id' => '2', 'code' => 'french'],
        ]
    ],
];
