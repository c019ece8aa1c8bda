<?php
class Total
{
    public function sum($items)
    {
        return array_sum($items);
    }
}
